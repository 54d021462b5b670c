import type { ImportPreview } from '../../api/types';
import { formatNumber } from '../../format/numbers';
import { formatExact } from '../../format/times';
import { Table } from '../../ui/Table';
import { useConsoleText } from '../i18n/text';
import { Problems } from './Problems';

/** First lines of a file as they would count, and its bad lines. */
export function PreviewTable({ preview }: { preview: ImportPreview }) {
  const words = useConsoleText();
  const columns = [
    { label: words.imports.line, className: 'w-16 max-sm:hidden' },
    { label: words.player, className: 'max-sm:pl-4' },
    { label: words.score, className: 'text-right' },
    { label: words.time, className: 'text-right' },
  ];
  return (
    <div className="border-t border-line">
      <p role="status" className="px-4 py-4 sm:px-6">
        {words.imports.counting(preview.counting, preview.bad)}
      </p>
      <ul className="list-disc px-8 pb-4 text-sm text-muted empty:hidden sm:px-10">
        {preview.notes.map((note) => (
          <li key={note} className="break-words">
            {note}
          </li>
        ))}
      </ul>
      {preview.lines.length > 0 && (
        <Table caption={words.imports.firstLines} columns={columns} className="w-full">
          <tbody>
            {preview.lines.map((line, at) => (
              <tr key={at} className="h-10">
                <td className="tabular-nums max-sm:hidden">{formatNumber(line.line)}</td>
                <td dir="auto" className="break-words max-sm:pl-4">
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
