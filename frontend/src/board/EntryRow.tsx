import { memo } from 'react';

import type { Entry } from '../api/types';
import { detailsInLine } from '../format/metadata';
import { formatNumber } from '../format/numbers';
import { useText } from '../i18n/text';
import { ModerateLink } from '../console/moderation/ModerateLink';
import { SecondScore } from '../ladder/SecondScore';
import { useScores } from '../ladder/scores';
import { TierBadge } from '../ladder/TierBadge';
import { useIsMe } from '../me/me';
import { You } from '../me/You';
import { Ago } from '../ui/Ago';
import { Avatar } from '../ui/Avatar';
import { PlayerName, nameOf } from '../ui/PlayerName';
import type { Since } from '../moments/search';
import { MovementBadge } from './MovementBadge';
import { movementSince, type Movement } from './movement';

interface Props {
  readonly entry: Entry;
  /** Live change of the entry. */
  readonly movement?: Movement | undefined;
  /** Moment to compare with. The row shows the movement since then instead of live changes. */
  readonly since?: Since | undefined;
  readonly highlighted?: boolean;
  /** Number of characters of the list's longest rank. All rows reserve this width: names begin in one column. */
  readonly rankWidth: number;
  /** Whether the Tab key reaches the links. */
  readonly isTabStop?: boolean;
}

const LONG_SCORE = 11;

/** Row of a ranking: rank, name and score, with details of the run in small print. */
export const EntryRow = memo(function EntryRow({ entry, movement, since, highlighted = false, rankWidth, isTabStop = true }: Props) {
  const words = useText();
  const score = useScores().full(entry.score);
  const isMe = useIsMe(entry.user_id);
  const details = detailsInLine(entry.metadata);
  return (
    <div
      className={`flex h-16 items-center gap-2.5 px-3 sm:gap-4 sm:px-6 ${highlighted || isMe ? 'bg-wash' : ''} ${movement ? 'animate-glow' : ''}`}
    >
      <span
        style={{ width: `${Math.max(2, rankWidth)}ch` }}
        className="shrink-0 text-right text-sm font-medium text-muted tabular-nums sm:text-base"
      >
        {formatNumber(entry.rank)}
      </span>
      <Avatar id={entry.user_id} name={nameOf(entry)} className="size-9 text-xs max-[26rem]:hidden" />
      <div className="min-w-0 flex-1">
        <div className="flex items-center gap-2">
          <PlayerName player={entry} className="font-medium" isTabStop={isTabStop} />
          <TierBadge tier={entry.tier} />
          {isMe && <You />}
          <MovementBadge movement={since ? movementSince(entry) : movement} since={since} />
        </div>
        <p className="truncate text-xs text-muted" title={details || undefined}>
          {words.plays(entry.submissions)}, <Ago time={entry.achieved_at} short />
          {details && `, ${details}`}
        </p>
      </div>
      <span
        className={`shrink-0 text-right font-semibold tabular-nums ${score.length > LONG_SCORE ? 'text-xs sm:text-lg' : 'text-lg'}`}
      >
        {score}
        <SecondScore of={entry} />
      </span>
      <ModerateLink player={entry} small isTabStop={isTabStop} />
    </div>
  );
});
