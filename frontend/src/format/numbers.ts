import { locale, perLocale } from '../i18n/locale';

const whole = perLocale((tag) => new Intl.NumberFormat(tag, { maximumFractionDigits: 0 }));
const share = perLocale((tag) => new Intl.NumberFormat(tag, { style: 'percent', maximumFractionDigits: 1 }));
const signed = perLocale((tag) => new Intl.NumberFormat(tag, { signDisplay: 'exceptZero' }));
const rules = perLocale((tag) => new Intl.PluralRules(tag));
const BYTES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];

export function formatNumber(value: number): string {
  return whole().format(value);
}

export function formatChange(value: number): string {
  return signed().format(value);
}

/** Return a share as a percentage, such as 97.5% for 0.975. */
export function formatShare(part: number): string {
  return share().format(part);
}

/** Return a size, such as 2.4 MB. */
export function formatBytes(bytes: number): string {
  const at = Math.min(BYTES.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return new Intl.NumberFormat(locale(), { style: 'unit', unit: BYTES[at], unitDisplay: 'short', maximumFractionDigits: 1 }).format(
    bytes / 1_000 ** at,
  );
}

/** Return a percentage with enough digits to differ from 100: 99.99 for rank 100 of a million. */
export function formatPercent(percent: number): string {
  const far = Math.min(percent, 100 - percent);
  const digits = far === 0 || far >= 10 ? 0 : Math.min(4, Math.max(1, -Math.floor(Math.log10(far))));
  // Round down, because 100 % is true of the first player only, who is ahead of all others.
  const scale = 10 ** digits;
  const shown = Math.floor(percent * scale) / scale;
  return new Intl.NumberFormat(locale(), {
    style: 'percent',
    minimumFractionDigits: 0,
    maximumFractionDigits: digits,
  }).format(shown / 100);
}

/** Return a count with its noun. `large` is a special form after round millions, such as "de jugadores" in Spanish. */
export function plural(count: number, singular: string, several: string, large = several): string {
  const noun = { one: singular, many: large }[rules().select(count) as string] ?? several;
  return `${formatNumber(count)} ${noun}`;
}
