import { hashKey, queryOptions } from '@tanstack/react-query';

import type { Since } from '../moments/search';
import type { Deployment, Surroundings } from './context';
import type {
  Boards,
  Distribution,
  Entry,
  History,
  RankHistory,
  LeagueGroup,
  Listing,
  Lookup,
  Page,
  PageQuery,
  Periods,
  Player,
  RangeQuery,
  User,
  Users,
} from './types';

type Query = Record<string, string | number>;

/** Time in ms between two polls of visible data. */
export const POLL_MS = 5_000;
/** Time in ms between two polls of entries with their movement, which the service does not cache. */
const COMPARED_POLL_MS = 15_000;
const SPREAD_MS = 60_000;
const PAST_PERIODS = 50;
/** Time in ms for which a page of ranks out of view stays cached. This time is short: readers may scroll past many
 * pages. */
const PASSED_MS = 15_000;

/** Past moments of a read: `at` is the moment to show, `since` the moment whose movement each entry has. */
export interface Moments {
  readonly since?: Since;
  readonly at?: string;
}

/** Moment of a read without a movement. */
export type Moment = Pick<Moments, 'at'>;

/** Return the time in ms between two polls of entries, false for those of a past moment. */
export function entriesPollMs({ since, at }: Moments): number | false {
  if (at !== undefined) return false;
  return since === undefined ? POLL_MS : COMPARED_POLL_MS;
}

/** Return the moment that the query with this key shows. Each key of a read at moments ends with the moments. */
export function shownAt(queryKey: readonly unknown[]): string | undefined {
  return (queryKey.at(-1) as Moments).at;
}

/** Return a text of the entries that the query with this key shows, whatever moment they are compared with. */
function viewOf(queryKey: readonly unknown[]): string {
  return hashKey([...queryKey.slice(0, -1), shownAt(queryKey) ?? null]);
}

/** Return a function that keeps entries in view until they are loaded with the movement since another moment. */
export function whileCompared(queryKey: readonly unknown[]) {
  const view = viewOf(queryKey);
  return <T>(shown: T | undefined, previous: { readonly queryKey: readonly unknown[] } | undefined): T | undefined =>
    previous && viewOf(previous.queryKey) === view ? shown : undefined;
}

/** Return the path of a resource of the ladder, such as `top`. */
export function ladderPath(around: Surroundings, what: string, query: Query = {}): string {
  const { ladder } = around;
  const { period, segment } = ladder;
  return boardPath(around, what, { ...query, ...(period !== null && { period }), ...(segment !== null && { segment }) });
}

/** Return the path of a resource of the board, whatever the selected period. */
export function boardPath({ ladder }: Surroundings, what: string, query: Query = {}): string {
  return withQuery(`/api/boards/${encodeURIComponent(ladder.board)}/${what}`, query);
}

export function withQuery(path: string, query: Query): string {
  const pairs = Object.entries(query).map(([name, value]) => [name, String(value)]);
  return pairs.length > 0 ? `${path}?${new URLSearchParams(pairs)}` : path;
}

export function boards({ client }: Deployment) {
  return queryOptions({
    queryKey: ['boards'],
    queryFn: ({ signal }) => client.get<Boards>('/api/boards', signal),
    staleTime: SPREAD_MS,
  });
}

/** Query of the board's periods, whatever the selected period. */
export function periods(around: Surroundings) {
  return queryOptions({
    queryKey: ['periods', around.ladder.board],
    queryFn: ({ signal }) => around.client.get<Periods>(boardPath(around, 'periods', { limit: PAST_PERIODS }), signal),
    staleTime: SPREAD_MS,
    refetchInterval: SPREAD_MS, // polls, because a period may end
  });
}

/** Query of a player's history on the board, in all periods. */
export function history(around: Surroundings, userId: number) {
  return queryOptions({
    queryKey: ['history', around.ladder.board, userId],
    queryFn: ({ signal }) => around.client.get<History>(boardPath(around, `history/${userId}`), signal),
    refetchInterval: POLL_MS,
  });
}

/** Query of a player's daily ranks on the ladder, on boards that keep past standings. */
export function rankHistory(around: Surroundings, userId: number) {
  return queryOptions({
    queryKey: ['rank-history', around.ladder, userId],
    queryFn: ({ signal }) => around.client.get<RankHistory>(ladderPath(around, `rank-history/${userId}`, { days: 30 }), signal),
  });
}

export function top(around: Surroundings, limit: number, moments: Moments = {}) {
  return queryOptions({
    queryKey: ['top', around.ladder, limit, moments],
    queryFn: ({ signal }) => around.client.get<Listing>(ladderPath(around, 'top', { limit, ...moments }), signal),
    refetchInterval: entriesPollMs(moments),
  });
}

export function page(around: Surroundings, rank: number, limit: number, moments: Moments = {}) {
  const query = { rank, limit, ...moments } satisfies PageQuery;
  return queryOptions({
    queryKey: ['page', around.ladder, rank, limit, moments],
    queryFn: ({ signal }) => around.client.get<Page>(ladderPath(around, 'page', query), signal),
    refetchInterval: entriesPollMs(moments),
    gcTime: PASSED_MS,
  });
}

export function player(around: Surroundings, userId: number, moments: Moments = {}) {
  return queryOptions({
    queryKey: ['rank', around.ladder, userId, moments],
    queryFn: ({ signal }) => around.client.get<Player>(ladderPath(around, `ranks/${userId}`, { ...moments }), signal),
    refetchInterval: entriesPollMs(moments),
  });
}

export function neighbours(around: Surroundings, userId: number, radius: number, moments: Moments = {}) {
  return queryOptions({
    queryKey: ['around', around.ladder, userId, radius, moments],
    queryFn: ({ signal }) =>
      around.client.get<Listing>(ladderPath(around, `around/${userId}`, { radius, ...moments }), signal),
    refetchInterval: entriesPollMs(moments),
  });
}

/** Query of a player's group in the league. Without a period, it is the group in the league's current period. */
export function leagueGroup(around: Surroundings, userId: number, period: string | null) {
  return queryOptions({
    queryKey: ['league', around.ladder.board, period, userId],
    queryFn: ({ signal }) =>
      around.client.get<LeagueGroup>(boardPath(around, `league/${userId}`, period === null ? {} : { period }), signal),
    refetchInterval: POLL_MS,
  });
}

export function distribution(around: Surroundings, buckets: number, moment: Moment = {}) {
  return queryOptions({
    queryKey: ['distribution', around.ladder, buckets, moment],
    queryFn: ({ signal }) =>
      around.client.get<Distribution>(ladderPath(around, 'distribution', { buckets, ...moment }), signal),
    staleTime: SPREAD_MS,
  });
}

/** Query of the score at a percentile: the score of the last entry that is ahead of `percent` % of the others. */
export function scoreAtPercentile(around: Surroundings, percent: number, moment: Moment = {}) {
  return queryOptions({
    queryKey: ['percentile', around.ladder, percent, moment],
    queryFn: async ({ signal }) => {
      const { score } = await around.client.get<Entry>(ladderPath(around, `percentile/${percent}`, { ...moment }), signal);
      return score;
    },
    staleTime: SPREAD_MS,
  });
}

/** Query of the number of players with a score in this range, both ends included. */
export function countBetween(around: Surroundings, low: number, high: number, moment: Moment = {}) {
  const query = { min_score: low, max_score: high, limit: 1, ...moment } satisfies RangeQuery;
  return queryOptions({
    queryKey: ['count', around.ladder, low, high, moment],
    queryFn: async ({ signal }) => {
      const found = await around.client.get<Listing>(ladderPath(around, 'range', query), signal);
      return found.total;
    },
    staleTime: SPREAD_MS,
  });
}

export function user(deployment: Deployment, userId: number) {
  return queryOptions({
    queryKey: ['user', userId],
    queryFn: ({ signal }) => deployment.client.get<User>(`/api/users/${userId}`, signal),
    staleTime: SPREAD_MS,
  });
}

export function usersNamed(deployment: Deployment, search: string, limit: number) {
  return queryOptions({
    queryKey: ['users', search, limit],
    queryFn: ({ signal }) => deployment.client.get<Users>(withQuery('/api/users', { search, limit }), signal),
    staleTime: SPREAD_MS,
  });
}

export function lookup(around: Surroundings, userIds: readonly number[], moments: Moments = {}) {
  return queryOptions({
    queryKey: ['lookup', around.ladder, userIds, moments],
    queryFn: ({ signal }) =>
      around.client.query<Lookup>(ladderPath(around, 'ranks/lookup', { ...moments }), { user_ids: userIds }, signal),
    refetchInterval: entriesPollMs(moments),
  });
}
