import { describe, expect, it } from 'vitest';

import type { Shards } from '../src/api/types';
import { KEPT_MS, entries, hitRatio, imbalance, lagMs, memoryBytes, trend, withLook, type Look } from '../src/console/state/looks';
import { theShards } from './server';

const look = (at: number, change: Partial<Shards> = {}): Look => ({ at, shards: theShards(change) });

describe('looks at the parts', () => {
  it('are kept as long as they are shown', () => {
    const early = withLook([], look(0));
    const both = withLook(early, look(KEPT_MS));
    expect(both.map(({ at }) => at)).toEqual([0, KEPT_MS]);
    expect(withLook(both, look(KEPT_MS + 1)).map(({ at }) => at)).toEqual([KEPT_MS, KEPT_MS + 1]);
  });

  it('tell how a figure went', () => {
    const looks = [look(1, { cache: { hits: 0, misses: 0 } }), look(2, { cache: { hits: 1, misses: 3 } })];
    expect(trend(looks, hitRatio)).toEqual([
      { at: 1, value: null },
      { at: 2, value: 0.25 },
    ]);
  });

  it('tell what all parts come to', () => {
    const shards = theShards();
    expect([lagMs(shards), entries(shards), memoryBytes(shards)]).toEqual([1_200, 300, 3_000_000]);
  });

  it('tell nothing of the whole while a part tells nothing', () => {
    const [first, ...others] = theShards().partitions;
    if (!first) throw new Error('there are partitions');
    const shards = theShards({ partitions: [{ ...first, complete: false, lag_ms: null, entries: null }, ...others] });
    expect([lagMs(shards), entries(shards)]).toEqual([null, null]);
    expect([lagMs, entries, memoryBytes].map((of) => of(theShards({ partitions: [], nodes: [] })))).toEqual([null, null, null]);
  });
});

describe('the balance', () => {
  it.each([
    [[100, 100, 100], 0],
    [[90, 110, 100], 0.1],
    [[300, 0, 0], 2],
    [[0, 0], null],
    [[100, null], null],
    [[], null],
  ])('of %j is %d', (sizes, expected) => {
    const found = imbalance(sizes);
    if (expected === null) expect(found).toBeNull();
    else expect(found).toBeCloseTo(expected);
  });
});
