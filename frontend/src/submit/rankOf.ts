import type { QueryClient } from '@tanstack/react-query';

import type { Surroundings } from '../api/context';
import { player } from '../api/reads';

/** Return a player's current rank, null if there is none or it is unknown. */
export async function rankOf(userId: number, around: Surroundings, cache: QueryClient): Promise<number | null> {
  try {
    const { rank } = await cache.query({ ...player(around, userId), staleTime: 0, retry: false });
    return rank;
  } catch {
    return null;
  }
}
