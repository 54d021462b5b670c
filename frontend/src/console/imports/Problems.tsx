import { save } from '../save';
import { useConsoleText } from '../i18n/text';
import type { Problem } from './stream';

interface Props {
  readonly problems: readonly Problem[];
  /** Number of all bad lines. `problems` may have only the first of them. */
  readonly count: number;
}

const SHOWN = 20;

/** Bad lines of a file, with a button to save them. */
export function Problems({ problems, count }: Props) {
  const words = useConsoleText();
  if (problems.length === 0) return null;
  return (
    <div className="border-t border-line px-4 py-4 sm:px-6">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h3 className="font-semibold">{words.imports.badLines}</h3>
        <button type="button" className="button" onClick={() => save(new Blob([tableOf(problems)], { type: 'text/csv' }), 'bad-lines.csv')}>
          {words.imports.saveBad(problems.length)}
        </button>
      </div>
      <ul aria-label={words.imports.badLines} className="mt-2 space-y-1 text-sm">
        {problems.slice(0, SHOWN).map(({ line, problem }, at) => (
          <li key={at} className="break-words">
            <span className="tabular-nums">{words.imports.badLine(line)}</span> {problem}
          </li>
        ))}
      </ul>
      {count > SHOWN && <p className="mt-2 text-sm text-muted">{words.imports.allBad(count)}</p>}
    </div>
  );
}

/** Return the bad lines as CSV. */
function tableOf(problems: readonly Problem[]): string {
  const rows = problems.map(({ line, problem }) => `${line},"${problem.replaceAll('"', '""')}"`);
  return ['line,problem', ...rows, ''].join('\r\n');
}
