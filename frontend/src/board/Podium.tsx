import { Fragment } from 'react';

import type { Entry } from '../api/types';
import { detailsInLine } from '../format/metadata';
import { formatNumber } from '../format/numbers';
import { useText } from '../i18n/text';
import { ModerateLink } from '../console/moderation/ModerateLink';
import { useScores } from '../ladder/scores';
import { useIsMe } from '../me/me';
import { You } from '../me/You';
import { Ago } from '../ui/Ago';
import { Avatar } from '../ui/Avatar';
import { PlayerName, nameOf } from '../ui/PlayerName';
import { useMoments } from '../moments/useMoments';
import { MovementBadge } from './MovementBadge';
import { movementSince, type Movement } from './movement';

interface Props {
  readonly entries: readonly Entry[];
  readonly moved: ReadonlyMap<number, Movement>;
}

/** Number of entries on the podium. The list of all ranks begins after them. */
export const ON_PODIUM = 3;

/** Medal and height of a step by rank. Players who share a rank have equal steps. */
const STEPS = [
  { medal: 'bg-gold', block: 'min-h-30 sm:min-h-34' },
  { medal: 'bg-silver', block: 'min-h-24 sm:min-h-27' },
  { medal: 'bg-bronze', block: 'min-h-20 sm:min-h-22' },
] as const;

/** Classes that order the columns, by number of entries and position. Of three entries, the leader is in the middle. */
const PLACES: Readonly<Record<number, readonly string[]>> = {
  1: ['order-1'],
  2: ['order-1', 'order-2'],
  3: ['order-2', 'order-1', 'order-3'],
};
const GRIDS: Readonly<Record<number, string>> = { 1: 'grid-cols-1 max-w-72', 2: 'grid-cols-2 max-w-xl', 3: 'grid-cols-3 max-w-3xl' };

/** Width of a digit in em, including its share of the width of the separators. */
const DIGIT_EM = 0.62;

/** First three entries. Screen readers read them in order of rank. */
export function Podium({ entries, moved }: Props) {
  const first = entries.slice(0, ON_PODIUM);
  return (
    <ol aria-label={useText().podium} className={`mx-auto grid items-end gap-2 sm:gap-4 ${GRIDS[first.length] ?? ''}`}>
      {first.map((entry, at) => (
        <Step
          key={entry.user_id}
          entry={entry}
          movement={moved.get(entry.user_id)}
          place={PLACES[first.length]?.[at] ?? ''}
          alone={first.length === 1}
        />
      ))}
    </ol>
  );
}

interface StepProps {
  readonly entry: Entry;
  readonly movement: Movement | undefined;
  readonly place: string;
  readonly alone: boolean;
}

function Step({ entry, movement, place, alone }: StepProps) {
  const words = useText();
  const scores = useScores();
  const { since } = useMoments();
  const isMe = useIsMe(entry.user_id);
  const step = STEPS[Math.min(entry.rank, STEPS.length) - 1] ?? STEPS[2];
  const details = alone ? words.onlyPlayer : scores.second ? scores.second(entry) : words.plays(entry.submissions);
  return (
    <li
      data-slide={entry.user_id}
      aria-current={isMe ? 'true' : undefined}
      className={`flex min-w-0 flex-col items-center ${place}`}
    >
      <span className="relative mb-2">
        <Avatar id={entry.user_id} name={nameOf(entry)} className="size-14 text-base sm:size-16 sm:text-lg" />
        <span
          data-medal={entry.rank}
          className={`absolute -right-1.5 -bottom-1 grid h-6 min-w-6 place-items-center rounded-full border-2 border-surface px-1 text-xs font-bold text-medal tabular-nums ${step.medal}`}
        >
          {formatNumber(entry.rank)}
        </span>
      </span>
      <PlayerName player={entry} className="max-w-full px-1 text-center text-sm font-semibold sm:text-lg" />
      <span className="flex min-h-6 items-center gap-1.5">
        {isMe && <You />}
        <MovementBadge movement={since ? movementSince(entry) : movement} since={since} />
        <ModerateLink player={entry} small />
      </span>
      <div
        className={`@container flex w-full flex-col items-center justify-start rounded-t-2xl border border-b-0 border-line px-1.5 pt-3 pb-3 text-center ${isMe ? 'bg-wash' : 'bg-linear-to-b from-sunken to-surface'} ${step.block}`}
      >
        <Score key={entry.score} score={scores.full(entry.score)} gained={Boolean(movement?.gained)} />
        <span className="mt-1 hidden max-w-full truncate text-xs text-muted sm:block">{details}</span>
        <Ago time={entry.achieved_at} short className="mt-0.5 max-w-full truncate text-xs text-muted" />
        <span className="mt-0.5 hidden max-w-full truncate text-xs text-muted sm:block">{detailsInLine(entry.metadata)}</span>
      </div>
    </li>
  );
}

/** Score with all digits. A long score is smaller, and breaks into lines, so that no digit is cut. */
function Score({ score, gained }: { score: string; gained: boolean }) {
  return (
    <span
      style={{ fontSize: `clamp(0.6875rem, ${100 / (DIGIT_EM * score.length)}cqi, 1.5rem)` }}
      className={`max-w-full rounded-md font-bold tracking-tight wrap-anywhere tabular-nums ${gained ? 'animate-glow' : ''}`}
    >
      {inGroups(score).map((group, at) => (
        <Fragment key={at}>
          {group}
          <wbr />
        </Fragment>
      ))}
    </span>
  );
}

/** Return the parts of a number between which a line may break. */
function inGroups(score: string): string[] {
  return score.split(/(?<=\d\D)(?=\d{3})/);
}
