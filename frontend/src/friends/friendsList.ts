export interface Friend {
  readonly id: number;
  readonly name: string;
  /** Whether the friend follows the reader. Only the service knows it. */
  readonly follows?: boolean;
}

/** Ids and names of players that the reader has pasted: one per line, or separated by commas or semicolons. */
export interface Pasted {
  readonly ids: readonly number[];
  readonly names: readonly string[];
}

/** Maximum number of friends in this browser. */
export const MAX_FRIENDS = 500;
const LONGEST_NAME = 64;

export function parseFriends(text: string): Pasted {
  const ids = new Set<number>();
  const names = new Map<string, string>();
  for (const part of text.split(/[\n\r\t,;]+/)) {
    const token = part.trim().replace(/^["'](.*)["']$/, '$1').trim();
    const id = /^#?-?\d+$/.test(token) ? Number(token.replace('#', '')) : Number.NaN;
    if (Number.isSafeInteger(id)) ids.add(id);
    else if (token && token.length <= LONGEST_NAME) names.set(token.toLowerCase(), token);
  }
  return { ids: [...ids], names: [...names.values()] };
}

/** Return the list with new friends added, up to the limit. */
export function withFriends(list: readonly Friend[], added: readonly Friend[], most = MAX_FRIENDS): Friend[] {
  const all = new Map(list.map((friend) => [friend.id, friend]));
  for (const friend of added) {
    if (!all.has(friend.id) && all.size < most) all.set(friend.id, friend);
  }
  return [...all.values()];
}

export function withoutFriend(list: readonly Friend[], id: number): Friend[] {
  return list.filter((friend) => friend.id !== id);
}

/** Return the stored friends. Skip invalid entries. */
export function readFriends(kept: string | null): Friend[] {
  let found: unknown;
  try {
    found = JSON.parse(kept ?? '[]');
  } catch {
    return [];
  }
  return Array.isArray(found) ? withFriends([], found.filter(isFriend)) : [];
}

function isFriend(found: unknown): found is Friend {
  if (typeof found !== 'object' || found === null) return false;
  const { id, name } = found as Record<string, unknown>;
  return Number.isSafeInteger(id) && typeof name === 'string';
}
