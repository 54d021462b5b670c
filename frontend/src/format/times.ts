import { perLocale } from '../i18n/locale';

const relative = {
  long: perLocale((tag) => new Intl.RelativeTimeFormat(tag, { numeric: 'auto', style: 'long' })),
  // Use the short style for German, whose narrow style has units that nobody uses: 7 m for seven minutes.
  narrow: perLocale((tag) => new Intl.RelativeTimeFormat(tag, { numeric: 'auto', style: tag.startsWith('de') ? 'short' : 'narrow' })),
};
const exact = perLocale((tag) => new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'medium' }));
const day = perLocale((tag) => new Intl.DateTimeFormat(tag, { dateStyle: 'medium' }));
const clock = perLocale((tag) => new Intl.DateTimeFormat(tag, { timeStyle: 'medium' }));
const moment = perLocale((tag) => new Intl.DateTimeFormat(tag, { weekday: 'short', hour: 'numeric', minute: '2-digit' }));
const seconds = perLocale(
  (tag) => new Intl.NumberFormat(tag, { style: 'unit', unit: 'second', unitDisplay: 'short', maximumFractionDigits: 1 }),
);

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 365 * DAY],
  ['month', 30 * DAY],
  ['week', 7 * DAY],
  ['day', DAY],
  ['hour', HOUR],
  ['minute', MINUTE],
];

/** Return the time since `time`, as text. A time in the future, from a fast clock, counts as now. */
export function formatAgo(time: string, now: number, style: keyof typeof relative = 'long'): string {
  const age = Math.max(0, now - Date.parse(time));
  for (const [unit, length] of UNITS) {
    if (age >= length) return relative[style]().format(-Math.floor(age / length), unit);
  }
  return relative[style]().format(0, 'second');
}

/** Return a date, such as Nov 24, 2026. */
export function formatDay(time: string): string {
  return day().format(new Date(time));
}

export function formatExact(time: string): string {
  return exact().format(new Date(time));
}

/** Return the weekday and the time of day of a time in ms since 1970, such as Sun 1:15 PM. */
export function formatMoment(time: number): string {
  return moment().format(time);
}

/** Return the time of day, such as 3:04:05 PM. */
export function formatClock(time: number): string {
  return clock().format(time);
}

/** Return a duration, such as 5.2 sec. */
export function formatSeconds(ms: number): string {
  return seconds().format(ms / 1_000);
}
