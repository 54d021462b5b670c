import { describe, expect, it } from 'vitest';

import { formatPercent, plural } from '../src/format/numbers';
import { formatAgo } from '../src/format/times';

const NOW = Date.parse('2026-11-23T12:00:00Z');

describe('times', () => {
  it.each([
    ['2026-11-23T11:59:50Z', 'now'],
    ['2026-11-23T12:00:30Z', 'now'],
    ['2026-11-23T11:58:00Z', '2 minutes ago'],
    ['2026-11-23T09:00:00Z', '3 hours ago'],
    ['2026-11-22T11:00:00Z', 'yesterday'],
    ['2026-11-09T12:00:00Z', '2 weeks ago'],
    ['2026-08-20T12:00:00Z', '3 months ago'],
    ['2024-11-01T12:00:00Z', '2 years ago'],
  ])('%s is %s', (time, shown) => {
    expect(formatAgo(time, NOW)).toBe(shown);
  });
});

describe('percentages', () => {
  it.each([
    [0, '0%'],
    [50, '50%'],
    [64.34, '64%'],
    [99.27, '99.2%'],
    [99.9901, '99.99%'],
    [99.9999, '99.9999%'],
    [100, '100%'],
    [0.04, '0.04%'],
  ])('%d is shown as %s', (percent, shown) => {
    expect(formatPercent(percent)).toBe(shown);
  });
});

it('counts in words', () => {
  expect(plural(1, 'player', 'players')).toBe('1 player');
  expect(plural(1_000, 'player', 'players')).toBe('1,000 players');
});
