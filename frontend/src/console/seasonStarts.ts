import { locale } from '../i18n/locale';

const MINUTES = [0, 59] as const;
const HOURS = [0, 23] as const;
const DAYS = [1, 31] as const;
const MONTHS = [1, 12] as const;
const WEEKDAYS = [0, 7] as const;
const MONTH_NAMES = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAY_NAMES = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const DAY_MS = 86_400_000;
/** Number of days to search for starts. The next February 29 may be eight years away. */
const SEARCHED_DAYS = 8 * 366;

type Bounds = readonly [number, number];

/**
 * Return the next starts of seasons by a cron expression. Each start is a local time in the time zone, in ms as if this
 * local time were UTC. Return null for an invalid time zone, and for an expression that is invalid or uses `L`, `W` or
 * `#`.
 */
export function nextStarts(cron: string, timeZone: string, now: number, count: number): readonly number[] | null {
  const fields = cron.trim().toUpperCase().split(/\s+/);
  const [minutes, hours, days, months, weekdays] = [
    parsed(fields[0], MINUTES),
    parsed(fields[1], HOURS),
    parsed(fields[2], DAYS),
    parsed(fields[3], MONTHS, MONTH_NAMES, 1),
    parsed(fields[4], WEEKDAYS, WEEKDAY_NAMES),
  ];
  const reading = localReading(now, timeZone);
  if (fields.length !== 5 || !minutes || !hours || !days || !months || !weekdays || reading === null) return null;
  // By the rules of cron, a day must match both its fields (day of the month, weekday) if one of them begins with `*`.
  // If neither field begins with `*`, one match suffices.
  const needsBoth = [fields[2], fields[4]].some((field) => field?.startsWith('*'));
  const isDay = (date: Date) => {
    const isOfMonth = days.has(date.getUTCDate());
    const isOfWeek = weekdays.has(date.getUTCDay()) || (date.getUTCDay() === 0 && weekdays.has(7));
    return months.has(date.getUTCMonth() + 1) && (needsBoth ? isOfMonth && isOfWeek : isOfMonth || isOfWeek);
  };
  const times = sorted(hours).flatMap((hour) => sorted(minutes).map((minute) => (hour * 60 + minute) * 60_000));
  const starts: number[] = [];
  const today = reading - (reading % DAY_MS);
  for (let day = today; day < today + SEARCHED_DAYS * DAY_MS && starts.length < count; day += DAY_MS) {
    if (isDay(new Date(day))) starts.push(...times.map((time) => day + time).filter((start) => start > reading));
  }
  return starts.slice(0, count);
}

/** Return the numbers that a field of a cron expression matches, null if it is invalid or not supported. */
function parsed(text: string | undefined, bounds: Bounds, names: readonly string[] = [], first = 0): ReadonlySet<number> | null {
  if (text === undefined) return null;
  const [low, high] = bounds;
  if (text === '*') return range(low, high);
  const parts = (list: string) => list.split(',').map((part) => parsed(part, bounds, names, first));
  if (text.includes(',')) return union(parts(text));
  const [term = '', step, ...tooMany] = text.split('/');
  if (step !== undefined) {
    const items = parsed(term, bounds, names, first);
    if (items === null || tooMany.length > 0 || !/^\d+$/.test(step) || Number(step) === 0) return null;
    const [start = low] = items;
    const stepped = items.size === 1 ? sorted(range(start, high)) : sorted(items);
    return new Set(stepped.filter((_, at) => at % Number(step) === 0));
  }
  const [from, to, ...more] = text.split('-').map((word) => numberOf(word, bounds, names, first));
  if (from === undefined || from === null || to === null || more.length > 0) return null;
  return to === undefined ? new Set([from]) : from <= to ? range(from, to) : null;
}

function numberOf(word: string, [low, high]: Bounds, names: readonly string[], first: number): number | null {
  const named = names.indexOf(word);
  const value = named >= 0 ? named + first : /^\d+$/.test(word) ? Number(word) : -1;
  return value >= low && value <= high ? value : null;
}

function union(sets: readonly (ReadonlySet<number> | null)[]): ReadonlySet<number> | null {
  const valid = sets.filter((set) => set !== null);
  return valid.length === sets.length ? new Set(valid.flatMap((set) => [...set])) : null;
}

function range(from: number, to: number): ReadonlySet<number> {
  return new Set(Array.from({ length: to - from + 1 }, (_, at) => from + at));
}

function sorted(numbers: ReadonlySet<number>): number[] {
  return [...numbers].sort((a, b) => a - b);
}

/** Return the local time in a time zone, in ms as if this local time were UTC. Null for an unknown time zone. */
function localReading(now: number, timeZone: string): number | null {
  try {
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
    return Date.parse(`${format.format(now).replace(' ', 'T')}Z`);
  } catch {
    return null;
  }
}

/** Return the text of a local time, such as Fri, Dec 4, 2026, 6:00 PM. */
export function formatReading(reading: number): string {
  const parts = { weekday: 'short', year: 'numeric', month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' } as const;
  return new Intl.DateTimeFormat(locale(), { ...parts, timeZone: 'UTC' }).format(reading);
}
