import type { Kind } from '../api/types';

export interface Bounds {
  readonly period: string;
  readonly kind: Kind;
  readonly starts_at: string | null;
  /** First moment after the period, null if it never ends. */
  readonly ends_at: string | null;
}

/** Names of the current period of each kind. */
export const NOW: Readonly<Record<Kind, string>> = {
  'all-time': 'All time',
  daily: 'Today',
  weekly: 'This week',
  monthly: 'This month',
  season: 'This season',
};

/** Return a period's display name, in the board's time zone. */
export function formatPeriod({ period, kind, starts_at: start, ends_at: end }: Bounds, timeZone: string): string {
  if (start === null || end === null) return kind === 'all-time' ? NOW['all-time'] : period;
  const first = new Date(start);
  const last = new Date(Date.parse(end) - 1);
  if (kind === 'monthly') return new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'long', timeZone }).format(first);
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone }).formatRange(first, last);
}
