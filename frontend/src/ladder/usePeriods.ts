import { useQuery } from '@tanstack/react-query';

import { useSurroundings } from '../api/context';
import { periods } from '../api/reads';
import type { Period } from '../api/types';
import { useBoard } from './useBoard';

const NONE: readonly Period[] = [];

/** Return the past periods of the board, latest first. */
export function usePastPeriods(): readonly Period[] {
  const around = useSurroundings();
  const kinds = useBoard()?.periods ?? [];
  const { data } = useQuery({ ...periods(around), enabled: kinds.some((kind) => kind !== 'all-time') });
  return data?.periods.filter((period) => !period.current) ?? NONE;
}

/** Return the current periods of the board, undefined until they are loaded. The period `all-time` alone is left out. */
export function useCurrentPeriods(): readonly Period[] | undefined {
  const around = useSurroundings();
  const kinds = useBoard()?.periods;
  const isDivided = kinds?.some((kind) => kind !== 'all-time') ?? false;
  const { data } = useQuery({ ...periods(around), enabled: isDivided });
  return kinds && !isDivided ? NONE : data?.periods.filter((period) => period.current);
}

/** Return the selected period with its bounds, undefined while they are unknown or if it never ends. */
export function usePeriod(): Period | undefined {
  const around = useSurroundings();
  const kinds = useBoard()?.periods ?? [];
  const selected = around.ladder.period ?? kinds[0];
  const { data } = useQuery({ ...periods(around), enabled: kinds.some((kind) => kind !== 'all-time') });
  return data?.periods.find(
    ({ period, kind, current }) => period === selected || (current && (kind === selected || (selected === 'current' && kind === kinds[0]))),
  );
}

/** Return whether the selected period is over. */
export function useIsPast(): boolean {
  const { period } = useSurroundings().ladder;
  const kinds: readonly string[] | undefined = useBoard()?.periods;
  return period !== null && kinds !== undefined && !kinds.includes(period) && period !== 'current';
}
