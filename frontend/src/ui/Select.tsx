import { useId } from 'react';

import { Icon } from './Icon';

interface Props<T extends string> {
  readonly label: string;
  readonly value: T;
  /** Values with their labels, in display order. */
  readonly options: readonly (readonly [T, string])[];
  readonly choose: (value: T) => void;
  readonly disabled?: boolean;
  readonly help?: string;
  readonly flaw?: string | undefined;
  /** True to place the label beside the list instead of above it. */
  readonly inline?: boolean;
}

/** List from which one value is selected. Screen readers read the error together with it. */
export function Select<T extends string>({ label, value, options, choose, disabled = false, help, flaw, inline = false }: Props<T>) {
  const id = useId();
  const note = flaw ?? help;
  return (
    <div className={inline ? 'flex items-center gap-2' : ''}>
      <label htmlFor={id} className={inline ? 'text-sm text-muted max-sm:sr-only' : 'label'}>
        {label}
      </label>
      <div className="relative">
        <select
          id={id}
          value={value}
          disabled={disabled}
          aria-invalid={flaw !== undefined}
          aria-describedby={note === undefined ? undefined : `${id}-note`}
          className={`field appearance-none truncate pr-9 ${inline ? 'max-w-48' : ''}`}
          onChange={(event) => choose(event.currentTarget.value as T)}
        >
          {options.map(([option, words]) => (
            <option key={option} value={option}>
              {words}
            </option>
          ))}
        </select>
        <Icon name="down" className="pointer-events-none absolute top-1/2 right-3 size-4 -translate-y-1/2 text-muted" />
      </div>
      {note !== undefined && (
        <p id={`${id}-note`} className={`mt-1.5 text-sm ${flaw === undefined ? 'text-muted' : 'text-down'}`}>
          {note}
        </p>
      )}
    </div>
  );
}
