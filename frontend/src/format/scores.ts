import { perLocale } from '../i18n/locale';

/** Score of an answer: a number, or the digits of a 64-bit score, which a number could not hold. */
export type Score = number | string;

/** Display settings of a board: the unit of its scores, the number of decimals, and the type of its scores. */
export interface Display {
  readonly unit: string | null;
  readonly decimals: number;
  readonly score_type?: 'number' | 'int64' | undefined;
}

export interface ScoreFormat {
  /** Return the score with all digits, such as 1,234.56 or 1:23.456. */
  readonly full: (score: Score) => string;
  /** Return a short form for axes and narrow places, such as 1.2K. */
  readonly short: (score: Score) => string;
  /** Return the score in a text: the format of `full`, or a number in the unit. Null for other text. */
  readonly parse: (text: string) => Score | null;
  /** Unit to show beside a score, null if the score's text contains the unit or the board has none. */
  readonly unit: string | null;
}

/** A score as digits before and after the decimal point. Divisions would lose digits of large scores. */
interface Decimal {
  readonly negative: boolean;
  readonly whole: bigint;
  readonly fraction: string;
}

/** Number of decimals of the seconds in a stored score: three if the board's unit is ms, none if it is s. */
const TIMES: Readonly<Record<string, number>> = { ms: 3, s: 0 };
const NUMBER = /^(-?)(\d+)(?:\.(\d+))?$/;
/** Pattern of a clock time. Seconds, and minutes after hours, are 00 to 59, as in imports (`domain/score_texts.py`). */
const CLOCK = /^(-?)(?:(\d+):(?=[0-5]\d:))?(\d+):([0-5]\d)(?:\.(\d+))?$/;

const integer = perLocale((tag) => new Intl.NumberFormat(tag, { maximumFractionDigits: 0 }));
const compact = perLocale((tag) => new Intl.NumberFormat(tag, { notation: 'compact', maximumFractionDigits: 1 }));
const signs = perLocale((tag) => {
  const parts = new Intl.NumberFormat(tag, { useGrouping: 'always' }).formatToParts(-12_345.5);
  const sign = (name: string, usual: string) => parts.find(({ type }) => type === name)?.value ?? usual;
  return { point: sign('decimal', '.'), group: sign('group', ','), minus: sign('minusSign', '-') };
});

/** Greatest 64-bit score. */
export const GREATEST_LONG = 2n ** 63n - 1n;

export const PLAIN: Display = { unit: null, decimals: 0 };

export function scoreFormat({ unit, decimals, score_type: type = 'number' }: Display): ScoreFormat {
  const digits = TIMES[unit ?? ''];
  const stored = type === 'int64' ? asText : asNumber;
  if (digits !== undefined) {
    const places = digits + decimals;
    return {
      full: (score) => clock(decimal(score, places)),
      // Marks of a chart may lie between two scores.
      short: (score) => clock({ ...roundedToSeconds(decimal(typeof score === 'number' ? Math.round(score) : score, places)), fraction: '' }),
      parse: (text) => stored(parsedClock(text, places) ?? parsedNumber(text, decimals)),
      unit: null,
    };
  }
  return {
    full: (score) => number(decimal(score, decimals)),
    short: (score) => compact().format(Number(score) / 10 ** decimals),
    parse: (text) => stored(parsedNumber(text, decimals)),
    unit,
  };
}

function decimal(score: Score, places: number): Decimal {
  const text = String(score);
  const digits = text.replace('-', '').padStart(places + 1, '0');
  const point = digits.length - places;
  return { negative: text.startsWith('-'), whole: BigInt(digits.slice(0, point)), fraction: digits.slice(point) };
}

/** Return a stored score as a number, null if it has too many digits to be exact. */
function asNumber(score: bigint | null): number | null {
  return score !== null && Number.isSafeInteger(Number(score)) ? Number(score) : null;
}

/** Return a stored 64-bit score as text, null if it is too large. */
function asText(score: bigint | null): string | null {
  return score !== null && -GREATEST_LONG <= score && score <= GREATEST_LONG ? String(score) : null;
}

/** Return the shortest digits of a stored 64-bit score that a text has as digits. Null for other text. */
export function parseLongScore(text: string): string | null {
  return /^\s*-?\d+\s*$/.test(text) ? asText(BigInt(text)) : null;
}

function roundedToSeconds({ whole, fraction, ...value }: Decimal): Decimal {
  return { ...value, whole: whole + BigInt(fraction >= '5'), fraction: '' };
}

function number({ negative, whole, fraction }: Decimal): string {
  return `${negative ? signs().minus : ''}${integer().format(whole)}${afterPoint(fraction)}`;
}

/** Return a duration, such as 1:23.456 or 2:05:00. */
function clock({ negative, whole, fraction }: Decimal): string {
  const [h, m, s] = [whole / 3_600n, (whole / 60n) % 60n, whole % 60n];
  const time = h > 0n ? `${h}:${padded(m)}:${padded(s)}` : `${m}:${padded(s)}`;
  return `${negative ? '−' : ''}${time}${afterPoint(fraction)}`;
}

function afterPoint(fraction: string): string {
  return fraction && `${signs().point}${fraction}`;
}

function padded(value: bigint): string {
  return String(value).padStart(2, '0');
}

function parsedNumber(text: string, decimals: number): bigint | null {
  const [, sign, whole = '', fraction] = NUMBER.exec(plain(text)) ?? [];
  return sign === undefined ? null : fixed(sign, whole, fraction, decimals);
}

function parsedClock(text: string, digits: number): bigint | null {
  const [, sign, h = '0', m = '0', s = '0', fraction] = CLOCK.exec(plain(text)) ?? [];
  if (sign === undefined) return null;
  return fixed(sign, String(BigInt(h) * 3_600n + BigInt(m) * 60n + BigInt(s)), fraction, digits);
}

/** Return a number in the page's locale as plain digits with a decimal point. */
function plain(text: string): string {
  const { point, group } = signs();
  return text.replace(/\s/g, '').replaceAll(group, '').replace(point, '.').replace('−', '-');
}

/**
 * Return the stored score of a number: the number times 10 to the power of `decimals`. Null if the number has more
 * decimals.
 */
function fixed(sign: string, whole: string, fraction: string | undefined, decimals: number): bigint | null {
  const digits = (fraction ?? '').replace(/0+$/, '');
  if (digits.length > decimals) return null;
  const value = BigInt(`${whole}${digits.padEnd(decimals, '0')}`);
  return sign ? -value : value;
}
