import type { QueryClient } from '@tanstack/react-query';

import type { Surroundings } from '../api/context';
import { Refused } from '../api/errors';
import { user, usersNamed } from '../api/reads';
import { nameOf } from '../ui/PlayerName';
import type { Friend, Pasted } from './friendsList';

export interface Resolved {
  readonly friends: readonly Friend[];
  /** Texts that are neither an id nor a name of a player. */
  readonly unknown: readonly string[];
}

/** Return the players for pasted ids and names. */
export async function resolve(pasted: Pasted, around: Surroundings, cache: QueryClient): Promise<Resolved> {
  const found = await Promise.all([
    ...pasted.ids.map(async (id) => ({ text: `#${id}`, friend: await byId(id, around, cache) })),
    ...pasted.names.map(async (name) => ({ text: name, friend: await byName(name, around, cache) })),
  ]);
  return {
    friends: found.flatMap(({ friend }) => friend ?? []),
    unknown: found.filter(({ friend }) => friend === null).map(({ text }) => text),
  };
}

async function byId(id: number, around: Surroundings, cache: QueryClient): Promise<Friend | null> {
  try {
    return { id, name: nameOf(await cache.query(user(around, id))) };
  } catch (error) {
    if (error instanceof Refused && error.code === 'user_not_found') return null;
    throw error;
  }
}

async function byName(name: string, around: Surroundings, cache: QueryClient): Promise<Friend | null> {
  // A few results suffice: they are ordered by name, and an exact match comes first.
  const { users } = await cache.query(usersNamed(around, name, 5));
  const same = users.find((one) => one.username?.toLowerCase() === name.toLowerCase());
  return same ? { id: same.user_id, name: nameOf(same) } : null;
}
