import type { ReactNode } from 'react';

export interface Column {
  readonly label: ReactNode;
  /** Classes for width, visibility and alignment of a column. */
  readonly className?: string;
}

interface Props {
  /** Caption for screen readers. */
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly className?: string;
  /** Bodies of the table. */
  readonly children: ReactNode;
}

/** Table with named columns, over the full width of a card. */
export function Table({ caption, columns, className = '', children }: Props) {
  return (
    <table className={`table-in-card ${className}`}>
      <caption className="sr-only">{caption}</caption>
      <thead>
        <tr>
          {columns.map(({ label, className: shown }, at) => (
            <th key={at} scope="col" className={shown}>
              {label}
            </th>
          ))}
        </tr>
      </thead>
      {children}
    </table>
  );
}
