import { useStore, createStore } from '../ui/store';
import { store, stored } from '../ui/storage';

/** The reader's own player. */
export interface Me {
  readonly id: number;
  readonly name: string;
}

const KEY = 'leaderforge.me';
const me = createStore<Me | null>(parsed(stored(KEY)));

function parsed(content: string | null): Me | null {
  try {
    const { id, name } = JSON.parse(content ?? '{}') as Record<string, unknown>;
    return Number.isSafeInteger(id) && typeof name === 'string' ? { id: id as number, name } : null;
  } catch {
    return null;
  }
}

// Another tab may change the reader's player too.
if (typeof window !== 'undefined') {
  window.addEventListener('storage', (event) => {
    if (event.key === KEY) me.set(parsed(event.newValue));
  });
}

/** Store the reader's own player, in this browser only. Null removes it. */
export function saveMe(chosen: Me | null): void {
  store(KEY, chosen && JSON.stringify(chosen));
  me.set(chosen);
}

/** Return the reader's own player, null until one is chosen. */
export function useMe(): Me | null {
  return useStore(me);
}

export function useIsMe(userId: number): boolean {
  return useMe()?.id === userId;
}
