interface Props {
  /** Label of the button that opens the table. */
  readonly summary: string;
  readonly columns: readonly string[];
  /** Rows of cells. The first cell of each row is its heading. */
  readonly rows: readonly (readonly string[])[];
}

/** Table with the numbers of a chart. */
export function Numbers({ summary, columns, rows }: Props) {
  return (
    <details className="mt-4 text-sm">
      <summary className="w-fit cursor-pointer rounded text-muted hover:text-ink">{summary}</summary>
      <table className="mt-3 w-full tabular-nums">
        <thead>
          <tr className="text-left text-muted">
            {columns.map((column) => (
              <th key={column} scope="col" className="py-1 text-right font-medium first:text-left">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([about = '', ...cells], row) => (
            <tr key={row} className="border-t border-line">
              <th scope="row" className="py-1 text-left font-normal">
                {about}
              </th>
              {cells.map((cell, column) => (
                <td key={column} className="py-1 text-right">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
