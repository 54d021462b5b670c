import { createStore, useStore } from '../ui/store';
import { session } from '../ui/storage';

const NAME = 'leaderforge.key';

/** Key of the signed-in person. The tab keeps it until the person signs out or closes the tab. */
const adminKey = createStore<string | null>(session.get(NAME));
/** Last key that the API refused, null if it refused no key. The sign-in with this key has ended. */
const refusedKey = createStore<string | null>(null);

export function setAdminKey(key: string | null): void {
  session.set(NAME, key);
  refusedKey.set(null);
  adminKey.set(key);
}

export function useAdminKey(): string | null {
  return useStore(adminKey);
}

/** Sign out after the API refused this key, because it would refuse every other call too. */
export function onRefused(key: string): void {
  if (key !== adminKey.get()) return;
  setAdminKey(null);
  refusedKey.set(key);
}

/** Return whether the sign-in has ended because the API refused its key. */
export function useHasEnded(): boolean {
  return useStore(refusedKey) !== null;
}
