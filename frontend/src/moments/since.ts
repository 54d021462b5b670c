import type { Ladder } from '../api/context';
import type { Board, Kind, Period } from '../api/types';
import type { Since } from './search';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Period kinds from the shortest to the longest. */
const KINDS: readonly Kind[] = ['daily', 'weekly', 'monthly', 'season', 'all-time'];

/** Each choice, with the shortest period kind that offers it. */
const CHOICES: readonly (readonly [Since, Kind])[] = [
  ['P1D', 'weekly'],
  ['P7D', 'monthly'],
  ['daily', 'weekly'],
  ['weekly', 'monthly'],
  ['monthly', 'season'],
  ['season', 'all-time'],
];

/** Lengths of the durations, in ms. */
const DURATIONS: Partial<Record<Since, number>> = { P1D: DAY_MS, P7D: 7 * DAY_MS };

type MomentRules = Pick<Board, 'moment_days' | 'moments_since' | 'moment_segments_since' | 'frozen_at'>;

/** Return the first moment (ms) of a board, or of a segment, that can be read now. Null while no moment can be read. */
export function firstMoment(board: MomentRules, segment: string | null, now = Date.now()): number | null {
  const { moment_days: days, moments_since: since = null, moment_segments_since: segmentsSince = null } = board;
  const starts = segment === null ? [since] : [since, segmentsSince];
  const known = starts.filter((start) => start !== null);
  if (days === null || known.length < starts.length) return null;
  // A frozen board keeps the moment of the freeze, and all later moments.
  const oldest = Math.min(now - days * DAY_MS, board.frozen_at ? Date.parse(board.frozen_at) : Infinity);
  return Math.max(oldest, ...known.map((start) => Date.parse(start)));
}

/**
 * Return the moments that the selected period of a board can be compared with. Empty for past periods, and for boards
 * without moments. `current` are the current periods of the board.
 *
 * Moments before the start of the selected period are left out, because every entry would be new. Moments that cannot be
 * read are left out, too.
 */
export function sinceChoices(
  board: MomentRules & Pick<Board, 'periods'>,
  { period, segment }: Pick<Ladder, 'period' | 'segment'>,
  current: readonly Pick<Period, 'kind' | 'starts_at'>[],
  now = Date.now(),
): Since[] {
  const first = firstMoment(board, segment, now);
  const selected = period === null || period === 'current' ? board.periods[0] : period;
  const length = KINDS.findIndex((kind) => kind === selected);
  return CHOICES.filter(([since, shortest]) => {
    const moment = momentOf(since, current, now);
    // A minute's margin: the clocks of the reader and of the service differ, and moments become too old while they are shown.
    const isReadable = first !== null && moment !== null && moment >= first + MINUTE_MS;
    return isReadable && length >= KINDS.indexOf(shortest);
  }).map(([since]) => since);
}

/** Return the moment (ms) of a choice. Null for the start of a period that the board does not have. */
function momentOf(since: Since, current: readonly Pick<Period, 'kind' | 'starts_at'>[], now: number): number | null {
  const duration = DURATIONS[since];
  if (duration !== undefined) return now - duration;
  const start = current.find(({ kind }) => kind === since)?.starts_at;
  return start ? Date.parse(start) : null;
}
