import { formatNumber, plural } from '../../format/numbers';
import { save } from '../save';
import type { Problem } from './stream';

interface Props {
  readonly problems: readonly Problem[];
  /** Number of bad lines, of which `problems` has the first. */
  readonly count: number;
}

const SHOWN = 20;

/** Bad lines of a file, with a button to save them. */
export function Problems({ problems, count }: Props) {
  if (problems.length === 0) return null;
  return (
    <div className="border-t border-line px-4 py-4 sm:px-6">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h3 className="font-semibold">Bad lines</h3>
        <button type="button" className="button" onClick={() => save(new Blob([tableOf(problems)], { type: 'text/csv' }), 'bad-lines.csv')}>
          Save {plural(problems.length, 'bad line', 'bad lines')}
        </button>
      </div>
      <ul aria-label="Bad lines" className="mt-2 space-y-1 text-sm">
        {problems.slice(0, SHOWN).map(({ line, problem }, at) => (
          <li key={at} className="break-words">
            <span className="tabular-nums">Line {formatNumber(line)}:</span> {problem}
          </li>
        ))}
      </ul>
      {count > SHOWN && <p className="mt-2 text-sm text-muted">The file has {plural(count, 'bad line', 'bad lines')}.</p>}
    </div>
  );
}

/** Return the bad lines as CSV. */
function tableOf(problems: readonly Problem[]): string {
  const rows = problems.map(({ line, problem }) => `${line},"${problem.replaceAll('"', '""')}"`);
  return ['line,problem', ...rows, ''].join('\r\n');
}
