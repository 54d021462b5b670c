import { memo } from 'react';

import type { Entry } from '../api/types';
import { detailsInLine } from '../format/metadata';
import { formatNumber, plural } from '../format/numbers';
import { SecondScore } from '../ladder/SecondScore';
import { useScores } from '../ladder/scores';
import { Ago } from '../ui/Ago';
import { PlayerName } from '../ui/PlayerName';
import { MovementBadge } from './MovementBadge';
import type { Movement } from './movement';

interface Props {
  readonly entry: Entry;
  readonly movement?: Movement | undefined;
  readonly highlighted?: boolean;
  /** True if ranks may have many digits. */
  readonly wide?: boolean;
}

const LONG_SCORE = 11;

/** Row of a ranking: rank, name and score, with details of the run in small print. */
export const EntryRow = memo(function EntryRow({ entry, movement, highlighted = false, wide = false }: Props) {
  const score = useScores().full(entry.score);
  const noted = detailsInLine(entry.metadata);
  return (
    <div
      className={`flex h-16 items-center gap-3 px-4 sm:gap-5 sm:px-6 ${highlighted ? 'bg-wash' : ''} ${movement ? 'animate-glow' : ''}`}
    >
      <span className={`min-w-7 shrink-0 font-medium text-muted tabular-nums ${wide ? 'sm:min-w-22' : ''}`}>
        {formatNumber(entry.rank)}
      </span>
      <div className="min-w-0 flex-1">
        <div className="flex items-center gap-2">
          <PlayerName player={entry} className="font-medium" />
          <MovementBadge movement={movement} />
        </div>
        <p className="truncate text-xs text-muted" title={noted || undefined}>
          {plural(entry.submissions, 'submission', 'submissions')}, <Ago time={entry.achieved_at} short />
          {noted && `, ${noted}`}
        </p>
      </div>
      <span
        className={`shrink-0 text-right font-semibold tabular-nums ${score.length > LONG_SCORE ? 'text-xs sm:text-lg' : 'text-lg'}`}
      >
        {score}
        <SecondScore of={entry} />
      </span>
    </div>
  );
});
