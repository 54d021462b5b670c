import { describe, expect, it } from 'vitest';

import { bandOf, isCrowded, wideningBands } from '../src/player/spread';

describe('widening bands', () => {
  it.each([
    [4, 1_871_779],
    [0, 10],
    [1, 1],
    [0, 0],
    [7, 9],
  ])('cover every score from %d to %d once', (low, high) => {
    const bands = wideningBands(low, high);
    expect(bands[0]?.low).toBe(low);
    expect(bands.at(-1)?.high).toBe(high);
    bands.slice(1).forEach((band, at) => expect(band.low).toBe((bands[at]?.high ?? 0) + 1));
  });

  it('are few', () => {
    expect(wideningBands(0, 9_007_199_254_740_991).length).toBeLessThan(50);
  });
});

it('knows a crowd', () => {
  const bars = (...counts: number[]) => counts.map((count, at) => ({ low: at, high: at, count }));
  expect(isCrowded(bars(9_996, 3, 0, 0, 1))).toBe(true);
  expect(isCrowded(bars(10, 20, 30, 20, 10))).toBe(false);
  expect(isCrowded(bars(5))).toBe(false);
});

it('finds the band of a score', () => {
  const bands = wideningBands(4, 100);
  expect(bands[bandOf(bands, 19)]).toEqual({ low: 10, high: 19 });
  expect(bandOf(bands, 3)).toBe(-1);
});
