import { queryOptions } from '@tanstack/react-query';

import type { Deployment, Surroundings } from '../api/context';
import { entriesPollMs, ladderPath, lookup, withQuery, type Moments } from '../api/reads';
import type { FriendRanks, Friends, Found, Lookup } from '../api/types';
import { nameOf } from '../ui/PlayerName';
import type { Friend } from './friendsList';
import { saveSession, type Session } from './session';

/** Maximum number of friends that the service keeps. */
export const MAX_KEPT = 5000;
const A_PAGE = 1000;

/** Entries of friends and the reader, best first, and the ids without an entry. */
export interface Ranks {
  readonly entries: readonly Found[];
  readonly missing: readonly number[];
  /** Whether the service compares only friends who follow the reader too. */
  readonly areMutual?: boolean;
}

/** Query of the friends that the service keeps for a player. */
export function keptFriends(deployment: Deployment, session: Session) {
  return queryOptions({
    queryKey: ['friends', session.id],
    queryFn: async ({ signal }) => {
      const friends: Friend[] = [];
      for (let after: number | null | undefined; after !== null; ) {
        const path = withQuery(friendsPath(session), { limit: A_PAGE, ...(after !== undefined && { after }) });
        const page: Friends = await signedIn(deployment, session).get<Friends>(path, signal);
        friends.push(...page.friends.map((friend) => ({ id: friend.user_id, name: nameOf(friend), follows: friend.mutual })));
        after = page.next;
      }
      return friends;
    },
  });
}

/**
 * Query of the ranks of friends: the friends in this browser or, with a session, the friends that the service keeps.
 */
export function friendRanks(around: Surroundings, session: Session | null, ids: readonly number[], moments: Moments = {}) {
  const { queryKey } = lookup(around, ids, moments);
  return queryOptions({
    queryKey: session === null ? queryKey : ['friends', session.id, 'ranks', around.ladder, ids, moments],
    queryFn: ({ signal }): Promise<Ranks> =>
      session === null
        ? around.client.query<Lookup>(ladderPath(around, 'ranks/lookup', { ...moments }), { user_ids: ids }, signal)
        : keptRanks(around, session, ids, moments, signal),
    refetchInterval: entriesPollMs(moments),
  });
}

async function keptRanks(around: Surroundings, session: Session, ids: readonly number[], moments: Moments, signal: AbortSignal) {
  const entries = new Map<number, Found>();
  let ranking: FriendRanks;
  let rank = 1;
  do {
    const path = ladderPath(around, `friends/${session.id}`, { limit: A_PAGE, rank, ...moments });
    ranking = await signedIn(around, session).get<FriendRanks>(path, signal);
    // A friend that moves between two requests can occur in both.
    ranking.entries.forEach((entry) => entries.set(entry.user_id, entry));
    rank += A_PAGE;
  } while (rank <= ranking.ranked);
  const friends = ids.filter((id) => id !== session.id);
  return {
    entries: [...entries.values()],
    missing: ids.filter((id) => !entries.has(id)),
    areMutual: ranking.friends < friends.length,
  };
}

/** Return the client with the session's token. If the service refuses the token, the client ends the session. */
function signedIn({ client }: Deployment, session: Session) {
  return client.withKey(session.token, () => saveSession(null));
}

/** Let the service check a token, and return the session. */
export async function openSession({ client }: Deployment, id: number, token: string): Promise<Session> {
  const session = { id, token };
  await client.withKey(token).get(withQuery(friendsPath(session), { limit: 1 }));
  return session;
}

export async function addKept(deployment: Deployment, session: Session, friends: readonly Friend[]): Promise<void> {
  await signedIn(deployment, session).change('POST', friendsPath(session), { user_ids: friends.map((friend) => friend.id) });
}

export async function removeKept(deployment: Deployment, session: Session, id: number): Promise<void> {
  await signedIn(deployment, session).change('DELETE', `${friendsPath(session)}/${id}`);
}

function friendsPath(session: Session): string {
  return `/api/users/${session.id}/friends`;
}
