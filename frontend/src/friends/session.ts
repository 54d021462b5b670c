import { session as tab } from '../ui/storage';
import { createStore, useStore } from '../ui/store';

/** The reader's player, signed in by a token of the game. */
export interface Session {
  readonly id: number;
  readonly token: string;
}

const KEY = 'leaderforge.player';
const current = createStore<Session | null>(parsed(tab.get(KEY)));

function parsed(content: string | null): Session | null {
  try {
    const { id, token } = JSON.parse(content ?? '{}') as Record<string, unknown>;
    return Number.isSafeInteger(id) && typeof token === 'string' ? { id: id as number, token } : null;
  } catch {
    return null;
  }
}

/** Store the session, in this tab only. Null ends it. */
export function saveSession(session: Session | null): void {
  tab.set(KEY, session && JSON.stringify(session));
  current.set(session);
}

/** Return the session, null while the reader is not signed in. */
export function useSession(): Session | null {
  return useStore(current);
}
