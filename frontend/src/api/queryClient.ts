import { QueryClient } from '@tanstack/react-query';

import { Refused, isTransient } from './errors';

const RETRIES = 2;
const FRESH_MS = 2_000;
const LONGEST_PAUSE_MS = 10_000;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: FRESH_MS,
        retry: (failures, error) => failures < RETRIES && isTransient(error),
        retryDelay: pauseMs,
        // A comparison of data would be useless, because `Client` returns the same object for unchanged data.
        structuralSharing: false,
      },
    },
  });
}

/** Return the pause before a retry in ms: the service's `Retry-After`, or twice the previous pause. */
export function pauseMs(failures: number, error: unknown): number {
  const asked = error instanceof Refused && error.retryAfterS !== null ? error.retryAfterS * 1000 : 0;
  return Math.min(Math.max(asked, 1000 * 2 ** failures), LONGEST_PAUSE_MS);
}
