import { queryOptions } from '@tanstack/react-query';

import type { Surroundings } from './context';
import type { Distribution, Listing, Lookup, Page, PageQuery, Player, RangeQuery, User, Users } from './types';

/** How often what is on the screen is asked for again. */
export const POLL_MS = 5_000;
const SPREAD_MS = 60_000;

function board({ config }: Surroundings): string {
  return `/api/boards/${encodeURIComponent(config.board)}`;
}

function withQuery(path: string, query: Record<string, string | number>): string {
  return `${path}?${new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))}`;
}

export function top(around: Surroundings, limit: number) {
  return queryOptions({
    queryKey: ['top', limit],
    queryFn: ({ signal }) => around.client.get<Listing>(withQuery(`${board(around)}/top`, { limit }), signal),
    refetchInterval: POLL_MS,
  });
}

export function page(around: Surroundings, rank: number, limit: number) {
  const query = { rank, limit } satisfies PageQuery;
  return queryOptions({
    queryKey: ['page', rank, limit],
    queryFn: ({ signal }) => around.client.get<Page>(withQuery(`${board(around)}/page`, query), signal),
    refetchInterval: POLL_MS,
  });
}

export function player(around: Surroundings, userId: number) {
  return queryOptions({
    queryKey: ['rank', userId],
    queryFn: ({ signal }) => around.client.get<Player>(`${board(around)}/ranks/${userId}`, signal),
    refetchInterval: POLL_MS,
  });
}

export function neighbours(around: Surroundings, userId: number, radius: number) {
  return queryOptions({
    queryKey: ['around', userId, radius],
    queryFn: ({ signal }) =>
      around.client.get<Listing>(withQuery(`${board(around)}/around/${userId}`, { radius }), signal),
    refetchInterval: POLL_MS,
  });
}

export function distribution(around: Surroundings, buckets: number) {
  return queryOptions({
    queryKey: ['distribution', buckets],
    queryFn: ({ signal }) =>
      around.client.get<Distribution>(withQuery(`${board(around)}/distribution`, { buckets }), signal),
    staleTime: SPREAD_MS,
  });
}

/** How many players have a score in this range, both ends included. */
export function countBetween(around: Surroundings, low: number, high: number) {
  const query = { min_score: low, max_score: high, limit: 1 } satisfies RangeQuery;
  return queryOptions({
    queryKey: ['count', low, high],
    queryFn: async ({ signal }) => {
      const found = await around.client.get<Listing>(withQuery(`${board(around)}/range`, query), signal);
      return found.total;
    },
    staleTime: SPREAD_MS,
  });
}

export function user(around: Surroundings, userId: number) {
  return queryOptions({
    queryKey: ['user', userId],
    queryFn: ({ signal }) => around.client.get<User>(`/api/users/${userId}`, signal),
    staleTime: SPREAD_MS,
  });
}

export function usersNamed(around: Surroundings, prefix: string, limit: number) {
  return queryOptions({
    queryKey: ['users', prefix, limit],
    queryFn: ({ signal }) => around.client.get<Users>(withQuery('/api/users', { prefix, limit }), signal),
    staleTime: SPREAD_MS,
  });
}

export function lookup(around: Surroundings, userIds: readonly number[]) {
  return queryOptions({
    queryKey: ['lookup', userIds],
    queryFn: ({ signal }) =>
      around.client.query<Lookup>(`${board(around)}/ranks/lookup`, { user_ids: userIds }, signal),
    refetchInterval: POLL_MS,
  });
}
