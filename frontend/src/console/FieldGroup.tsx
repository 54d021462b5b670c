import { useId, type ReactNode } from 'react';

interface GroupProps {
  readonly title: string;
  readonly help?: string;
  readonly children: ReactNode;
}

/** Group of fields of a form. */
export function FieldGroup({ title, help, children }: GroupProps) {
  const id = useId();
  return (
    <fieldset aria-describedby={help === undefined ? undefined : id} className="space-y-3 border-t border-line pt-4">
      <legend className="float-left mb-2 w-full font-semibold">{title}</legend>
      {help !== undefined && (
        <p id={id} className="clear-both text-sm text-muted">
          {help}
        </p>
      )}
      <div className="clear-both space-y-4">{children}</div>
    </fieldset>
  );
}

export function Pair({ children }: { children: ReactNode }) {
  return <div className="grid grid-cols-1 items-start gap-4 sm:grid-cols-2">{children}</div>;
}

interface CheckProps {
  readonly label: string;
  readonly help?: string;
  readonly checked: boolean;
  readonly set: (on: boolean) => void;
}

export function Check({ label, help, checked, set }: CheckProps) {
  const id = useId();
  return (
    <div className="flex min-h-9 items-center gap-2.5 text-sm">
      <input
        id={id}
        type="checkbox"
        className="size-4 shrink-0 accent-accent"
        checked={checked}
        aria-describedby={help === undefined ? undefined : `${id}-help`}
        onChange={(event) => set(event.currentTarget.checked)}
      />
      <label htmlFor={id}>{label}</label>
      {help !== undefined && (
        <span id={`${id}-help`} className="text-muted">
          {help}
        </span>
      )}
    </div>
  );
}
