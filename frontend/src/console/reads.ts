import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/react-query';

import { OPERATORS } from '../api/DeploymentProvider';
import type { Client } from '../api/client';
import { Refused } from '../api/errors';
import { POLL_MS, withQuery } from '../api/reads';
import type { Audit, AuditQuery, Boards, Caller, Health, Hidden, Keys, People, Shards, User, Users } from '../api/types';
import { parseUserId } from '../search/suggestions';
import { withLook, type Look } from './state/looks';

const PER_PAGE = 25;

/** Query of the signed-in person's name, role and permissions. */
export function signedIn(client: Client) {
  return queryOptions({
    queryKey: [OPERATORS, 'me'],
    queryFn: ({ signal }) => client.get<Caller>('/api/admin/me', signal),
  });
}

/** Query of all boards, including private ones. */
export function allBoards(operator: Client) {
  return queryOptions({
    queryKey: [OPERATORS, 'boards'],
    queryFn: ({ signal }) => operator.get<Boards>('/api/boards', signal),
  });
}

/** Invalidate the cached boards, here and on the public pages. */
export function invalidateBoards(cache: QueryClient): Promise<unknown> {
  return Promise.all([
    cache.invalidateQueries({ queryKey: [OPERATORS] }),
    cache.invalidateQueries({ queryKey: ['boards'] }),
  ]);
}

/** Query of the players that match a text. */
export function playersLike(operator: Client, text: string) {
  return queryOptions({
    queryKey: [OPERATORS, 'players', text],
    queryFn: ({ signal }) => matchingPlayers(operator, text, signal),
  });
}

/** Return the players that match a text: first the player with this id, then players whose names match the text. */
export async function matchingPlayers(operator: Client, text: string, signal: AbortSignal): Promise<User[]> {
  const [numbered, { users: named }] = await Promise.all([
    playerNumbered(operator, parseUserId(text), signal),
    operator.get<Users>(withQuery('/api/users', { search: text, limit: PER_PAGE }), signal),
  ]);
  return numbered ? [numbered, ...named.filter((player) => player.user_id !== numbered.user_id)] : named;
}

async function playerNumbered(operator: Client, userId: number | null, signal: AbortSignal): Promise<User | null> {
  if (userId === null) return null;
  try {
    return await operator.get<User>(`/api/users/${userId}`, signal);
  } catch (error) {
    if (error instanceof Refused && error.code === 'user_not_found') return null;
    throw error;
  }
}

export function hidden(operator: Client, board: string) {
  return queryOptions({
    queryKey: [OPERATORS, 'hidden', board],
    queryFn: ({ signal }) => operator.get<Hidden>(`/api/boards/${board}/hidden`, signal),
  });
}

export function keys(operator: Client) {
  return queryOptions({
    queryKey: [OPERATORS, 'keys'],
    queryFn: ({ signal }) => operator.get<Keys>('/api/admin/keys', signal),
  });
}

export function people(operator: Client) {
  return queryOptions({
    queryKey: [OPERATORS, 'people'],
    queryFn: ({ signal }) => operator.get<People>('/api/admin/people', signal),
  });
}

/** Filters of the audit log. */
export type AuditWanted = Partial<Pick<AuditQuery, 'board' | 'user_id' | 'action' | 'actor'>>;

export function audit(operator: Client, wanted: AuditWanted) {
  return infiniteQueryOptions({
    queryKey: [OPERATORS, 'audit', wanted],
    queryFn: ({ signal, pageParam }) =>
      operator.get<Audit>(withQuery('/api/admin/audit', { ...wanted, limit: PER_PAGE, ...pageParam }), signal),
    initialPageParam: {},
    getNextPageParam: ({ next }) => (next === null ? undefined : { cursor: next }),
  });
}

export function health(operator: Client) {
  return queryOptions({
    queryKey: [OPERATORS, 'health'],
    queryFn: ({ signal }) => operator.get<Health>('/api/health', signal),
    refetchInterval: POLL_MS,
  });
}

/**
 * Query of the state of the index, the database and the cache. Its result has all states that the console has read in
 * the last minutes.
 */
export function looks(operator: Client) {
  return queryOptions({
    queryKey: [OPERATORS, 'shards'],
    queryFn: async ({ signal, client, queryKey }) => {
      const shards = await operator.get<Shards>('/api/admin/shards', signal);
      return withLook(client.getQueryData<readonly Look[]>(queryKey) ?? [], { at: Date.now(), shards });
    },
    refetchInterval: POLL_MS,
  });
}
