import type { QueryClient } from '@tanstack/react-query';

import type { Surroundings } from '../api/context';
import { player } from '../api/reads';

/** Return where a player is now, or null for one without a rank, or while that cannot be told. */
export async function rankOf(userId: number, around: Surroundings, cache: QueryClient): Promise<number | null> {
  try {
    const { rank } = await cache.query({ ...player(around, userId), staleTime: 0, retry: false });
    return rank;
  } catch {
    return null;
  }
}
