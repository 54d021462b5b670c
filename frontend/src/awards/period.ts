import { formatPeriod } from '../format/periods';
import { locale } from '../i18n/locale';
import { text } from '../i18n/text';

const SEASON = /^season-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)?Z$/;
const WEEK = /^(\d{4})-W(\d\d)$/;
const MONTH = /^(\d{4})-(\d\d)$/;
const DAY = /^(\d{4})-(\d\d)-(\d\d)$/;
const DAY_MS = 86_400_000;

/**
 * Return the text for a period from its name. The name of a season has only its start, in UTC: the text is then the
 * result of `from` for the day of this start in `timeZone`, the board's time zone. Names of other periods already are
 * days of the board's calendar.
 */
export function periodText(name: string, timeZone: string, from: (day: string) => string): string {
  const season = SEASON.exec(name)?.slice(1, 6).map(Number);
  if (season) return from(new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeZone }).format(utc(season)));
  const bounds = daysOf(name);
  if (bounds === null) return name === 'all-time' ? text().kinds['all-time'] : name;
  const [kind, starts, ends] = bounds;
  return formatPeriod({ period: name, kind, starts_at: iso(starts), ends_at: iso(ends) }, 'UTC');
}

/** Return a period's kind, start and end, as if its days were days of UTC. Null for names of other kinds of periods. */
function daysOf(name: string): readonly ['daily' | 'weekly' | 'monthly', number, number] | null {
  const numbers = (pattern: RegExp) => pattern.exec(name)?.slice(1).map(Number);
  const [year, month = 1, day] = numbers(DAY) ?? numbers(MONTH) ?? [];
  if (year !== undefined && day !== undefined) return ['daily', utc([year, month, day]), utc([year, month, day + 1])];
  if (year !== undefined) return ['monthly', utc([year, month]), utc([year, month + 1])];
  const [weekYear, week] = numbers(WEEK) ?? [];
  if (weekYear === undefined || week === undefined) return null;
  const monday = firstMonday(weekYear) + (week - 1) * 7 * DAY_MS;
  return ['weekly', monday, monday + 7 * DAY_MS];
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

function utc([year = NaN, month = 1, ...rest]: readonly number[]): number {
  return Date.UTC(year, month - 1, ...rest);
}

/** Return the Monday of the first week of a year by ISO 8601: the week that contains the 4th of January. */
function firstMonday(year: number): number {
  const fourth = utc([year, 1, 4]);
  return fourth - ((new Date(fourth).getUTCDay() + 6) % 7) * DAY_MS;
}
