import type { Entry } from '../api/types';
import { text } from '../i18n/text';
import { nameOf } from '../ui/PlayerName';

/** Change of a player's entry between two reads of the same ranks. */
export interface Movement {
  /** Ranks gained, negative for ranks lost, null for a player who was not in the previous entries. */
  readonly by: number | null;
  readonly gained: number;
}

/** Return the movements of changed entries between two reads, by player id. At the first read, `before` is null. */
export function movements(before: readonly Entry[] | null, after: readonly Entry[]): ReadonlyMap<number, Movement> {
  const found = new Map<number, Movement>();
  if (before === null || before === after) return found;
  const earlier = new Map(before.map((entry) => [entry.user_id, entry]));
  for (const entry of after) {
    const was = earlier.get(entry.user_id);
    const by = was ? was.rank - entry.rank : null;
    const gained = was ? Number(BigInt(entry.score) - BigInt(was.score)) : 0;
    if (by !== 0 || gained !== 0) found.set(entry.user_id, { by, gained });
  }
  return found;
}

/** Return the movement of an entry that was read with `since`, undefined without it. */
export function movementSince({ previous_rank: previous, moved = null }: Entry): Movement | undefined {
  return previous === undefined ? undefined : { by: moved, gained: 0 };
}

/** Return the text for screen readers. It names only players who climb: each of them moves others down. */
export function announcement(after: readonly Entry[], moved: ReadonlyMap<number, Movement>): string {
  const climbers = after.filter((entry) => {
    const by = moved.get(entry.user_id)?.by;
    return by === null || (by !== undefined && by > 0);
  });
  return climbers
    .slice(0, 3)
    .map((entry) => text().moved.now(nameOf(entry), entry.rank))
    .join(' ');
}
