const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const share = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });
const signed = new Intl.NumberFormat(undefined, { signDisplay: 'exceptZero' });
const BYTES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];

export function formatNumber(value: number): string {
  return whole.format(value);
}

export function formatChange(value: number): string {
  return signed.format(value);
}

/** Return a share as a percentage, such as 97.5% for 0.975. */
export function formatShare(part: number): string {
  return share.format(part);
}

/** Return a size, such as 2.4 MB. */
export function formatBytes(bytes: number): string {
  const at = Math.min(BYTES.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return new Intl.NumberFormat(undefined, { style: 'unit', unit: BYTES[at], unitDisplay: 'short', maximumFractionDigits: 1 }).format(
    bytes / 1_000 ** at,
  );
}

/** Return a percentage with enough digits to differ from 100: 99.99 for rank 100 of a million. */
export function formatPercent(percent: number): string {
  const far = Math.min(percent, 100 - percent);
  const digits = far === 0 || far >= 10 ? 0 : Math.min(4, Math.max(1, -Math.floor(Math.log10(far))));
  // Round down: only the first player is ahead of all others.
  const scale = 10 ** digits;
  const shown = Math.floor(percent * scale) / scale;
  return new Intl.NumberFormat(undefined, {
    style: 'percent',
    minimumFractionDigits: 0,
    maximumFractionDigits: digits,
  }).format(shown / 100);
}

export function plural(count: number, one: string, many: string): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}
