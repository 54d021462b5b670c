import { describe, expect, it } from 'vitest';

import { plot } from '../src/charts/plot';

describe('values over time', () => {
  it('go from sample to sample', () => {
    const { line, area, ticks } = plot([
      { at: 0, value: 0 },
      { at: 5, value: 50 },
      { at: 10, value: 100 },
    ]);
    expect(line).toBe('M0,100L500,50L1000,0');
    expect(area).toBe('M0,100L500,50L1000,0L1000,100L500,100L0,100Z');
    expect(ticks).toEqual([
      { value: 0, top: 100 },
      { value: 50, top: 50 },
      { value: 100, top: 0 },
    ]);
  });

  it('may stay level until the next, and fall below nothing', () => {
    const samples = [
      { at: 0, value: 10 },
      { at: 10, value: -10 },
    ];
    expect(plot(samples, { steps: true }).line).toBe('M0,0L1000,0L1000,100');
  });

  it('are not drawn where they are not known', () => {
    const samples = [0, 10, null, 0, 10].map((value, at) => ({ at, value }));
    expect(plot(samples).line).toBe('M0,100L250,0M750,100L1000,0');
    expect(plot([{ at: 0, value: null }])).toEqual({ line: '', area: '', ticks: [] });
    expect(plot([])).toEqual({ line: '', area: '', ticks: [] });
  });

  it('may all be the same', () => {
    const same = [
      { at: 0, value: 5 },
      { at: 10, value: 5 },
    ];
    expect(plot(same).line).toBe('M0,50L1000,50');
    expect(plot(same, { fromZero: true }).line).toMatch(/^M0,(\d+(\.\d)?)L1000,\1$/);
  });

  it('may all be zero, without negative marks', () => {
    const zeros = [
      { at: 0, value: 0 },
      { at: 10, value: 0 },
    ];
    const { line, ticks } = plot(zeros, { fromZero: true });
    expect(line).toBe('M0,100L1000,100');
    expect(ticks.map(({ value }) => value)).toEqual([0, 0.5, 1]);
  });

  it('may be of the last minutes, which are not all known', () => {
    const { line } = plot(
      [
        { at: 50, value: 0 },
        { at: 100, value: 1 },
      ],
      { times: [0, 100] },
    );
    expect(line).toBe('M500,100L1000,0');
  });

  it('ends at the ceiling, which has a mark', () => {
    const ranks = (first: number) => [first, -9, -1].map((value, at) => ({ at, value }));
    const ticks = plot(ranks(-14), { ceiling: -1 }).ticks;
    expect(ticks.map(({ value }) => value)).toEqual([-15, -10, -5, -1]);
    expect(ticks.at(-1)?.top).toBe(0);
    expect(plot(ranks(-80_000), { ceiling: -1 }).ticks.map(({ value }) => value)).toEqual([-80_000, -60_000, -40_000, -20_000, -1]);
    expect(plot([{ at: 0, value: -1 }], { ceiling: -1 }).ticks.map(({ value }) => value)).toContain(-1);
  });
});
