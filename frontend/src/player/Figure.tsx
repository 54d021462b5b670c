import type { ReactNode } from 'react';

interface Props {
  readonly label: string;
  readonly value: string;
  readonly detail: ReactNode;
}

/** A number with its label, in a description list. */
export function Figure({ label, value, detail }: Props) {
  return (
    <div className="min-w-0 flex-1 basis-28">
      <dt className="eyebrow">{label}</dt>
      <dd className="mt-1">
        <span className="block text-2xl font-bold tracking-tight wrap-anywhere tabular-nums sm:text-3xl">{value}</span>
        <span className="text-sm text-muted">{detail}</span>
      </dd>
    </div>
  );
}
