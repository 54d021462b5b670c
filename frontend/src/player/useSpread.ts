import { useQueries, useQuery } from '@tanstack/react-query';

import { useSurroundings } from '../api/context';
import { countBetween, distribution } from '../api/reads';
import { isCrowded, wideningBands, type Bar } from './spread';

const EQUAL_BARS = 40;

export interface Spread {
  readonly bars: readonly Bar[] | undefined;
  readonly median: number | null;
  readonly widening: boolean;
  readonly error: unknown;
  readonly retry: () => unknown;
}

/**
 * Return the histogram of all scores: in equal bands, or in widening ones if few equal bands have nearly all players.
 */
export function useSpread(): Spread {
  const around = useSurroundings();
  const { data, error, refetch } = useQuery(distribution(around, EQUAL_BARS));
  const { min, max } = data ?? { min: null, max: null };
  const widening = data !== undefined && min !== null && min >= 0 && isCrowded(data.buckets);
  const bands = widening && max !== null ? wideningBands(min, max) : [];
  const counts = useQueries({ queries: bands.map((band) => countBetween(around, band.low, band.high)) });

  const counted = bands.flatMap((band, at) => {
    const count = counts[at]?.data;
    return count === undefined ? [] : [{ ...band, count }];
  });
  const equal = data?.buckets;
  return {
    bars: widening ? (counted.length === bands.length ? counted : undefined) : equal,
    median: data?.p50 ?? null,
    widening,
    error: error ?? counts.find((count) => count.error)?.error ?? null,
    retry: () => {
      void refetch();
      counts.forEach((count) => void count.refetch());
    },
  };
}
