import { locale } from '../i18n/locale';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNITS = [
  ['day', DAY],
  ['hour', HOUR],
  ['minute', MINUTE],
] as const;

/** Return the time left in its two largest units, such as 2d 4h. Less than a minute counts as one minute. */
export function formatLeft(ms: number): string {
  const rounded = Math.max(MINUTE, Math.ceil(ms / MINUTE) * MINUTE);
  const at = UNITS.findIndex(([, length]) => rounded >= length);
  let remaining = rounded;
  const parts = UNITS.slice(at, at + 2).map(([unit, length]) => {
    const count = Math.floor(remaining / length);
    remaining -= count * length;
    return { unit, count };
  });
  return parts
    .filter(({ count }) => count > 0)
    .map(({ unit, count }) => formatUnit(count, unit))
    .join(' ');
}

/** Return a duration in its largest whole unit, such as 30 seconds. */
export function formatInterval(ms: number): string {
  const [unit, length] = UNITS.find(([, size]) => ms >= size && ms % size === 0) ?? ['second', 1_000];
  return formatUnit(ms / length, unit, 'long');
}

/** Return the end of a period in a zone's local time, such as Sun 24:00. Midnight counts as the end of a day. */
export function formatEnd(end: string, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  const moment = new Date(end);
  const time = new Intl.DateTimeFormat(locale(), { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...zone }).format(moment);
  const isMidnight = /^0?0:00$/.test(time);
  const shown = isMidnight ? new Date(moment.getTime() - 1) : moment;
  const day = new Intl.DateTimeFormat(locale(), { ...dayParts(moment), ...zone }).format(shown);
  return `${day} ${isMidnight ? '24:00' : time}`;
}

/** Return whether the reader's local time of the period's end differs from the local time in this zone. */
export function differsFromReader(end: string, timeZone: string): boolean {
  return formatEnd(end, timeZone) !== formatEnd(end);
}

/** Return the city of a time zone, such as New York. */
export function cityOf(timeZone: string): string {
  return timeZone.split('/').at(-1)?.replaceAll('_', ' ') ?? timeZone;
}

/** Return the parts of a period's end to show: the weekday and, if the end is six or more days away, the date too. */
function dayParts(end: Date): Intl.DateTimeFormatOptions {
  return end.getTime() - Date.now() < 6 * DAY ? { weekday: 'short' } : { weekday: 'short', month: 'short', day: 'numeric' };
}

function formatUnit(count: number, unit: string, unitDisplay: 'narrow' | 'long' = 'narrow'): string {
  return new Intl.NumberFormat(locale(), { style: 'unit', unit, unitDisplay }).format(count);
}
