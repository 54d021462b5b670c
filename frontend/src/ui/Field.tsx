import { useId, type ComponentProps, type ReactNode } from 'react';

interface Props extends Omit<ComponentProps<'input'>, 'id' | 'className'> {
  readonly label: string;
  readonly flaw?: string | undefined;
  readonly help?: string;
  readonly beside?: ReactNode;
}

/** Labelled input. Screen readers read the error together with the input. */
export function Field({ label, flaw, help, beside, ...input }: Props) {
  const id = useId();
  const note = flaw ?? help;
  return (
    <div>
      <label htmlFor={id} className="label">
        {label}
      </label>
      <div className="flex gap-2">
        <input
          id={id}
          autoComplete="off"
          spellCheck={false}
          aria-invalid={flaw !== undefined}
          aria-describedby={note ? `${id}-note` : undefined}
          className="field min-w-0"
          {...input}
        />
        {beside}
      </div>
      {note && (
        <p id={`${id}-note`} className={`mt-1.5 text-sm ${flaw ? 'text-down' : 'text-muted'}`}>
          {note}
        </p>
      )}
    </div>
  );
}
