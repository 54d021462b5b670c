import type { Kind } from '../api/types';
import { text } from '../i18n/text';
import { locale } from '../i18n/locale';

export interface Bounds {
  readonly period: string;
  readonly kind: Kind;
  readonly starts_at: string | null;
  /** Time at which the period is over, null if it never ends. */
  readonly ends_at: string | null;
}

/** Return a period's display name, in the board's time zone. */
export function formatPeriod({ period, kind, starts_at: start, ends_at: end }: Bounds, timeZone: string): string {
  if (start === null || end === null) return kind === 'all-time' ? text().kinds['all-time'] : period;
  const first = new Date(start);
  const last = new Date(Date.parse(end) - 1);
  if (kind === 'monthly') return new Intl.DateTimeFormat(locale(), { year: 'numeric', month: 'long', timeZone }).format(first);
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeZone }).formatRange(first, last);
}
