import type { ImportPreview } from '../../api/types';
import { formatNumber, plural } from '../../format/numbers';
import { formatExact } from '../../format/times';
import { Table } from '../../ui/Table';
import { Problems } from './Problems';

const COLUMNS = [
  { label: 'Line', className: 'w-16 max-sm:hidden' },
  { label: 'Player' },
  { label: 'Score', className: 'text-right' },
  { label: 'Time', className: 'text-right' },
];

/** First lines of a file as they would count, and its bad lines. */
export function PreviewTable({ preview }: { preview: ImportPreview }) {
  return (
    <div className="border-t border-line">
      <p role="status" className="px-4 py-4 sm:px-6">
        {plural(preview.counting, 'line counts', 'lines count')}, {plural(preview.bad, 'bad line', 'bad lines')}. Nothing is imported yet.
      </p>
      <ul className="list-disc px-8 pb-4 text-sm text-muted empty:hidden sm:px-10">
        {preview.notes.map((note) => (
          <li key={note} className="break-words">
            {note}
          </li>
        ))}
      </ul>
      {preview.lines.length > 0 && (
        <Table caption="First lines as they would count" columns={COLUMNS} className="w-full">
          <tbody>
            {preview.lines.map((line, at) => (
              <tr key={at}>
                <td className="tabular-nums max-sm:hidden">{formatNumber(line.line)}</td>
                <td dir="auto" className="break-words">
                  {line.player ?? line.external_id ?? line.user_id}
                </td>
                <td className="text-right tabular-nums">{line.shown}</td>
                <td className="text-right text-sm tabular-nums">{formatExact(line.achieved_at)}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      <Problems problems={preview.problems} count={preview.bad} />
    </div>
  );
}
