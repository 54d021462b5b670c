import { formatExact } from '../../format/times';
import { Ago } from '../../ui/Ago';
import { ActButton } from '../ActButton';
import { useConsoleText } from '../i18n/text';
import type { Run } from './runs';

interface Props {
  readonly run: Run;
  /** Score as the board shows it. */
  readonly score: string;
  readonly pending: boolean;
  readonly remove: (run: Run) => void;
  readonly restore: (run: Run) => void;
}

export function RunRow({ run, score, pending, remove, restore }: Props) {
  const words = useConsoleText();
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3 sm:px-6">
      <p className={`font-semibold tabular-nums ${run.removed ? 'text-muted line-through' : ''}`}>{score}</p>
      <p className="min-w-0 flex-1 basis-44 text-sm text-muted">
        {run.removed && <span className="text-down">{words.moderation.removed} </span>}
        {formatExact(run.at)}, <Ago time={run.at} />
      </p>
      {run.removed ? (
        <ActButton permission="moderate" disabled={pending} onClick={() => restore(run)}>
          {words.restore} <span className="sr-only">{score}</span>
        </ActButton>
      ) : (
        <ActButton permission="moderate" onClick={() => remove(run)}>
          {words.moderation.removeRun} <span className="sr-only">{score}</span>
        </ActButton>
      )}
    </li>
  );
}
