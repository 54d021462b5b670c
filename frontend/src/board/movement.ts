import type { Entry } from '../api/types';

/** What happened to a player between two looks at the same ranks. */
export interface Movement {
  /** Ranks gained; negative: lost; null for one who was not there before. */
  readonly by: number | null;
  readonly gained: number;
}

/** Return what moved or scored, by player; nothing on the first look. */
export function movements(before: readonly Entry[] | null, after: readonly Entry[]): ReadonlyMap<number, Movement> {
  const found = new Map<number, Movement>();
  if (before === null || before === after) return found;
  const earlier = new Map(before.map((entry) => [entry.user_id, entry]));
  for (const entry of after) {
    const was = earlier.get(entry.user_id);
    const by = was ? was.rank - entry.rank : null;
    const gained = was ? entry.score - was.score : 0;
    if (by !== 0 || gained !== 0) found.set(entry.user_id, { by, gained });
  }
  return found;
}

/** Say it for those who cannot see it: climbers only, as each of them pushes others down. */
export function announcement(after: readonly Entry[], moved: ReadonlyMap<number, Movement>): string {
  const climbers = after.filter((entry) => {
    const by = moved.get(entry.user_id)?.by;
    return by === null || (by !== undefined && by > 0);
  });
  return climbers
    .slice(0, 3)
    .map((entry) => `${entry.username ?? `Player ${entry.user_id}`} is now at rank ${entry.rank}.`)
    .join(' ');
}
