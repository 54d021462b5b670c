import { useSyncExternalStore } from 'react';

type Listener = () => void;

// Admin key, in the page's memory only: it is lost when the page is closed.
let current: string | null = null;
const listeners = new Set<Listener>();

function subscribe(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function setAdminKey(key: string | null): void {
  current = key;
  listeners.forEach((listener) => {
    listener();
  });
}

export function useAdminKey(): string | null {
  return useSyncExternalStore(subscribe, () => current);
}
