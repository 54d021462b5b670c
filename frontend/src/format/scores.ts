/** Display settings of a board: the unit of its scores, and the number of decimals. */
export interface Display {
  readonly unit: string | null;
  readonly decimals: number;
}

export interface ScoreFormat {
  /** Return the score with all digits, such as 1,234.56 or 1:23.456. */
  readonly full: (score: number) => string;
  /** Return a short form for axes and narrow places, such as 1.2K. */
  readonly short: (score: number) => string;
  /** Return the score in a text: the format of `full`, or a number in the unit. Null for other text. */
  readonly parse: (text: string) => number | null;
  /** Unit to show beside a score, null if the score contains it or has none. */
  readonly unit: string | null;
}

/** Units of time: their length in ms, and their decimals of a second. */
const TIMES: Readonly<Record<string, { readonly ms: number; readonly digits: number }>> = {
  ms: { ms: 1, digits: 3 },
  s: { ms: 1_000, digits: 0 },
};
const MOST_DIGITS = 3;
const PARTS = new Intl.NumberFormat(undefined, { useGrouping: 'always' }).formatToParts(12_345.5);
const POINT = PARTS.find(({ type }) => type === 'decimal')?.value ?? '.';
const GROUP = PARTS.find(({ type }) => type === 'group')?.value ?? ',';
const NUMBER = /^(-?)(\d+)(?:\.(\d+))?$/;
/** Minutes after hours, and seconds, are 00 to 59: as in imports, `leaderforge.domain.score_texts`. */
const CLOCK = /^(-?)(?:(\d+):(?=[0-5]\d:))?(\d+):([0-5]\d)(?:\.(\d+))?$/;

export const PLAIN: Display = { unit: null, decimals: 0 };

export function scoreFormat({ unit, decimals }: Display): ScoreFormat {
  const time = TIMES[unit ?? ''];
  const scale = 10 ** decimals;
  if (time) {
    const digits = Math.min(MOST_DIGITS, time.digits + decimals);
    return {
      full: (score) => clock((score * time.ms) / scale, digits),
      short: (score) => clock((score * time.ms) / scale, 0),
      parse: (text) => parsedClock(text, time.digits + decimals) ?? parsedNumber(text, decimals),
      unit: null,
    };
  }
  const exact = new Intl.NumberFormat(undefined, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
  return {
    full: (score) => exact.format(score / scale),
    short: (score) => compact.format(score / scale),
    parse: (text) => parsedNumber(text, decimals),
    unit,
  };
}

/** Return a duration, such as 1:23.456 or 2:05:00, with `digits` decimals of a second. */
function clock(ms: number, digits: number): string {
  const units = 10 ** digits;
  const rounded = Math.round((Math.abs(ms) * units) / 1_000);
  const seconds = Math.floor(rounded / units);
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const whole = h > 0 ? `${h}:${padded(m, 2)}:${padded(s, 2)}` : `${m}:${padded(s, 2)}`;
  const fraction = digits > 0 ? `${POINT}${padded(rounded % units, digits)}` : '';
  return `${ms < 0 ? '−' : ''}${whole}${fraction}`;
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}

function parsedNumber(text: string, decimals: number): number | null {
  const [, sign, whole = '', fraction] = NUMBER.exec(plain(text)) ?? [];
  return sign === undefined ? null : fixed(sign, whole, fraction, decimals);
}

function parsedClock(text: string, digits: number): number | null {
  const [, sign, h = '0', m, s, fraction] = CLOCK.exec(plain(text)) ?? [];
  if (sign === undefined) return null;
  return fixed(sign, String(Number(h) * 3_600 + Number(m) * 60 + Number(s)), fraction, digits);
}

/** Return a number in the reader's locale as plain digits with a decimal point. */
function plain(text: string): string {
  return text.replace(/\s/g, '').replaceAll(GROUP, '').replace(POINT, '.').replace('−', '-');
}

/**
 * Return the number as an integer with `decimals` decimals. Null if it has more decimals, or too many digits to be
 * exact.
 */
function fixed(sign: string, whole: string, fraction: string | undefined, decimals: number): number | null {
  const told = (fraction ?? '').replace(/0+$/, '');
  const value = Number(`${whole}${told.padEnd(decimals, '0')}`);
  if (told.length > decimals || !Number.isSafeInteger(value)) return null;
  return sign && value !== 0 ? -value : value;
}
