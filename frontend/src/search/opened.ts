import { createStore, useStore } from '../ui/store';

/** Number of requests to search, from anywhere on the page. The search takes the focus at each. */
const requests = createStore(0);

export function openSearch(): void {
  requests.set(requests.get() + 1);
}

export function useSearchRequests(): number {
  return useStore(requests);
}
