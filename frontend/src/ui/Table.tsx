import type { ReactNode } from 'react';

export interface Column {
  readonly label: ReactNode;
  /** Its width, where it is shown, and on which side its cells are. */
  readonly className?: string;
}

interface Props {
  /** What it is about, for those who cannot see what is around it. */
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly className?: string;
  /** Its bodies. */
  readonly children: ReactNode;
}

/** Rows under named columns, from edge to edge of a card. */
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
