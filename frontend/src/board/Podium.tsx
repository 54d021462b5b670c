import type { Entry } from '../api/types';
import { formatNumber, plural } from '../format/numbers';
import { useScores } from '../ladder/scores';
import { Ago } from '../ui/Ago';
import { PlayerName } from '../ui/PlayerName';
import { MovementBadge } from './MovementBadge';
import type { Movement } from './movement';

interface Props {
  readonly entries: readonly Entry[];
  readonly moved: ReadonlyMap<number, Movement>;
}

const STEPS = [
  { medal: 'bg-gold', block: 'h-32 sm:h-42', place: 'order-2' },
  { medal: 'bg-silver', block: 'h-24 sm:h-32', place: 'order-1' },
  { medal: 'bg-bronze', block: 'h-18 sm:h-24', place: 'order-3' },
] as const;

/** Maximum length of a score in characters. Longer ones do not fit on a phone, and are abbreviated. */
const LONGEST_SCORE = 11;

/** First three entries. The leader is in the middle and highest. Screen readers read them in order of rank. */
export function Podium({ entries, moved }: Props) {
  return (
    <ol aria-label="The first three" className="grid h-full grid-cols-3 items-end gap-2 sm:gap-4">
      {entries.slice(0, 3).map((entry, at) => (
        <Step key={entry.user_id} entry={entry} movement={moved.get(entry.user_id)} at={at} />
      ))}
    </ol>
  );
}

function Step({ entry, movement, at }: { entry: Entry; movement: Movement | undefined; at: number }) {
  const step = STEPS[at];
  const scores = useScores();
  const score = scores.full(entry.score);
  if (!step) return null;
  return (
    <li data-slide={entry.user_id} className={`flex min-w-0 flex-col items-center ${step.place}`}>
      <span
        className={`mb-3 grid size-11 place-items-center rounded-full text-lg font-bold text-medal tabular-nums sm:size-13 sm:text-xl ${step.medal}`}
      >
        {formatNumber(entry.rank)}
      </span>
      <PlayerName player={entry} className="max-w-full px-1 text-center text-sm font-semibold sm:text-lg" />
      <span className="flex h-7 items-center">
        <MovementBadge movement={movement} />
      </span>
      <div
        className={`flex w-full flex-col items-center justify-start overflow-hidden rounded-t-2xl border border-b-0 border-line bg-linear-to-b from-sunken to-surface px-2 pt-3 sm:pt-4 ${step.block}`}
      >
        <span
          key={entry.score}
          className={`max-w-full truncate rounded-md px-1 text-base font-bold tracking-tight tabular-nums sm:text-2xl ${movement?.gained ? 'animate-glow' : ''}`}
          title={score}
        >
          {score.length > LONGEST_SCORE ? scores.short(entry.score) : score}
        </span>
        <span className="mt-1 hidden max-w-full truncate text-xs text-muted sm:block">
          {scores.second ? scores.second(entry.subscore) : plural(entry.submissions, 'submission', 'submissions')}
        </span>
        <Ago time={entry.achieved_at} className="mt-0.5 max-w-full truncate text-xs text-muted" />
      </div>
    </li>
  );
}
