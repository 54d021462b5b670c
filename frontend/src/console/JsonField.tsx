import { useId } from 'react';

const MIN_LINES = 3;
const MAX_LINES = 16;

interface Props {
  readonly label: string;
  readonly help: string;
  readonly placeholder: string;
  readonly value: string;
  readonly flaw: string | undefined;
  readonly set: (text: string) => void;
}

/** Labelled text area for a JSON object, as high as its lines. Screen readers read the error together with it. */
export function JsonField({ label, help, placeholder, value, flaw, set }: Props) {
  const id = useId();
  const lines = value.split('\n').length;
  return (
    <div>
      <label htmlFor={id} className="label">
        {label}
      </label>
      <textarea
        id={id}
        autoComplete="off"
        spellCheck={false}
        aria-invalid={flaw !== undefined}
        aria-describedby={`${id}-note`}
        rows={Math.min(Math.max(lines, MIN_LINES), MAX_LINES)}
        placeholder={placeholder}
        value={value}
        className="field block py-2 font-mono"
        onChange={(event) => set(event.currentTarget.value)}
      />
      <p id={`${id}-note`} className={`mt-1.5 text-sm ${flaw === undefined ? 'text-muted' : 'text-down'}`}>
        {flaw ?? help}
      </p>
    </div>
  );
}
