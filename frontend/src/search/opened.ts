import { createStore, useStore } from '../ui/store';

/** Number of times that a part of the page has opened the search. Each time, the search takes the focus. */
const requests = createStore(0);

export function openSearch(): void {
  requests.set(requests.get() + 1);
}

export function useSearchRequests(): number {
  return useStore(requests);
}
