import { createStore, useStore } from '../ui/store';

/** Admin key, in the page's memory only: it is lost when the page is closed. */
const adminKey = createStore<string | null>(null);

export function setAdminKey(key: string | null): void {
  adminKey.set(key);
}

export function useAdminKey(): string | null {
  return useStore(adminKey);
}
