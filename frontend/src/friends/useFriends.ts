import { useSyncExternalStore } from 'react';

import { readFriends, type Friend } from './friendsList';

const KEY = 'leaderforge.friends';

let friends: readonly Friend[] | null = null;
const listeners = new Set<() => void>();

function current(): readonly Friend[] {
  friends ??= readFriends(kept());
  return friends;
}

function kept(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function changed(next: readonly Friend[] | null): void {
  friends = next;
  listeners.forEach((listener) => {
    listener();
  });
}

function subscribe(listener: () => void): () => void {
  // Another tab may change the list too.
  const onStorage = (event: StorageEvent) => {
    if (event.key === KEY) changed(null);
  };
  listeners.add(listener);
  window.addEventListener('storage', onStorage);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', onStorage);
  };
}

export function saveFriends(next: readonly Friend[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // Without storage, the list is lost when the page is closed.
  }
  changed(next);
}

/** Return the friends, which are stored in this browser only. */
export function useFriends(): readonly Friend[] {
  return useSyncExternalStore(subscribe, current);
}
