import type { Board, Kind } from '../api/types';
import type { Since } from './search';

/** Period kinds from the shortest to the longest. */
const KINDS: readonly Kind[] = ['daily', 'weekly', 'monthly', 'season', 'all-time'];

/**
 * Each choice, with the shortest period kind that offers it, and the days of retention that it needs. The length of a
 * season is unknown.
 */
const CHOICES: readonly (readonly [Since, Kind, number])[] = [
  ['P1D', 'weekly', 2],
  ['P7D', 'monthly', 8],
  ['daily', 'weekly', 1],
  ['weekly', 'monthly', 7],
  ['monthly', 'season', 31],
  ['season', 'all-time', 1],
];

/**
 * Return the moments that the selected period of a board can be compared with. Empty for past periods, and for boards
 * without moments.
 *
 * Moments before the start of the selected period are left out, because every entry would be new. Moments before the
 * retention are left out, too.
 */
export function sinceChoices({ moment_days: days, periods }: Pick<Board, 'moment_days' | 'periods'>, period: string | null): Since[] {
  const kinds: readonly string[] = periods;
  const selected = period === null || period === 'current' ? periods[0] : period;
  const length = KINDS.findIndex((kind) => kind === selected);
  return CHOICES.filter(([since, shortest, needed]) => {
    const isKept = days !== null && days >= needed;
    const isStart = !since.startsWith('P');
    return isKept && length >= KINDS.indexOf(shortest) && (!isStart || kinds.includes(since));
  }).map(([since]) => since);
}
