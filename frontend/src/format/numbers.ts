const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const signed = new Intl.NumberFormat(undefined, { signDisplay: 'exceptZero' });

export function formatNumber(value: number): string {
  return whole.format(value);
}

/** Such as 1.2M, for axes. */
export function formatCompact(value: number): string {
  return compact.format(value);
}

export function formatChange(value: number): string {
  return signed.format(value);
}

/** A percentage with as many digits as tell it from 100: 99.99 for rank 100 of a million. */
export function formatPercent(percent: number): string {
  const far = Math.min(percent, 100 - percent);
  const digits = far === 0 || far >= 10 ? 0 : Math.min(4, Math.max(1, -Math.floor(Math.log10(far))));
  // Down, as nobody but the first is ahead of all.
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
