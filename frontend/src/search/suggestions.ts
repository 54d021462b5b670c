import type { User } from '../api/types';
import { nameOf } from '../ui/PlayerName';

export interface Suggestion {
  readonly userId: number;
  readonly label: string;
  readonly detail: string;
}

/** Return the id in a text such as 123 or #123. */
export function parseUserId(text: string): number | null {
  const digits = /^#?(-?\d{1,16})$/.exec(text.trim())?.[1];
  const userId = digits === undefined ? Number.NaN : Number(digits);
  return Number.isSafeInteger(userId) ? userId : null;
}

/** Return the suggestions: first the player whose id is the text, then players whose names match the text. */
export function suggestions(byId: User | undefined, byName: readonly User[]): Suggestion[] {
  const users = byId ? [byId, ...byName.filter((user) => user.user_id !== byId.user_id)] : byName;
  return users.map((user) => ({ userId: user.user_id, label: nameOf(user), detail: `#${user.user_id}` }));
}
