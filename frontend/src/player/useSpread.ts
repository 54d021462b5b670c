import { useQueries, useQuery } from '@tanstack/react-query';

import { useSurroundings } from '../api/context';
import { useMoments } from '../moments/useMoments';
import { countBetween, distribution, scoreAtPercentile } from '../api/reads';
import type { Distribution } from '../api/types';
import type { Score } from '../format/scores';
import { bandsWithTails, isCrowded, isSkewed, wideningBands, type Band, type Bar } from './spread';

const EQUAL_BARS = 40;
/** Percentage of players in each tail. */
const TAIL = 1;

export type Shape = 'equal' | 'widening' | 'tails';

export interface Spread {
  readonly bars: readonly Bar[] | undefined;
  readonly shape: Shape;
  readonly median: Score | null;
  /** First and last score between the tails, null if the histogram has no tails or they are not loaded yet. */
  readonly core: Band | null;
  readonly error: unknown;
  readonly retry: () => unknown;
}

/**
 * Return the histogram of all scores. Normally, its bands have equal width. If a few scores are extreme, all extreme
 * scores are in the first and the last band. If most scores are near the lowest score, higher bands are wider.
 */
export function useSpread(): Spread {
  const around = useSurroundings();
  const { at } = useMoments();
  const moment = at === undefined ? {} : { at };
  const { data, error, refetch } = useQuery(distribution(around, EQUAL_BARS, moment));
  // Keep the equal bands on boards with 64-bit scores: the bounds of other bands are computed with numbers, which are
  // not exact for such scores.
  const crowded = data !== undefined && typeof data.min === 'number' && isCrowded(data.buckets);
  const tails = useQueries({
    queries: [TAIL, 100 - TAIL].map((percent) => ({ ...scoreAtPercentile(around, percent, moment), enabled: crowded })),
  });
  const ends = tails.flatMap((tail) => (tail.data === undefined ? [] : Number(tail.data))).sort((a, b) => a - b);
  const core = crowded && ends.length === tails.length ? { low: ends[0] ?? 0, high: ends[1] ?? 0 } : null;
  const { shape, bands } = planned(data, core);
  const counts = useQueries({ queries: bands.map((band) => countBetween(around, band.low, band.high, moment)) });

  const counted = bands.flatMap((band, at) => {
    const count = counts[at]?.data;
    return count === undefined ? [] : [{ ...band, count }];
  });
  const complete = core !== null && counted.length === bands.length;
  return {
    bars: crowded ? (complete ? counted : undefined) : data?.buckets,
    shape,
    median: data?.p50 ?? null,
    core,
    error: error ?? [...tails, ...counts].find((query) => query.error)?.error ?? null,
    retry: () => {
      void refetch();
      [...tails, ...counts].forEach((query) => void query.refetch());
    },
  };
}

/** Return the shape of the histogram and its bands. The shape `equal` has no bands: its bars are the buckets of `data`. */
function planned(data: Distribution | undefined, core: Band | null): { shape: Shape; bands: readonly Band[] } {
  const { min, max, p50 } = data ?? { min: null, max: null, p50: null };
  if (core === null || typeof min !== 'number' || typeof max !== 'number' || typeof p50 !== 'number') return { shape: 'equal', bands: [] };
  if (min >= 0 && isSkewed(core.low, p50, core.high)) return { shape: 'widening', bands: wideningBands(min, max) };
  return { shape: 'tails', bands: bandsWithTails(min, core.low, core.high, max) };
}
