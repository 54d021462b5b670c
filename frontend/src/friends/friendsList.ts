export interface Friend {
  readonly id: number;
  readonly name: string;
}

/** What was pasted: ids and names, in any mixture, one a line or between commas or semicolons. */
export interface Pasted {
  readonly ids: readonly number[];
  readonly names: readonly string[];
}

/** As many as the API looks up at once. */
export const MOST_FRIENDS = 500;
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

/** Return the list with these added who are not there yet, as long as there is room. */
export function withFriends(list: readonly Friend[], added: readonly Friend[]): Friend[] {
  const all = new Map(list.map((friend) => [friend.id, friend]));
  for (const friend of added) {
    if (!all.has(friend.id) && all.size < MOST_FRIENDS) all.set(friend.id, friend);
  }
  return [...all.values()];
}

export function withoutFriend(list: readonly Friend[], id: number): Friend[] {
  return list.filter((friend) => friend.id !== id);
}

/** Read what was kept; what is not a friend is left out. */
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
