import { session } from './ui/storage';

export const ATTEMPT = 'leaderforge.attempt';
export const ANSWER = 'leaderforge.answer';

/** Return whether the server serves the page at each of its addresses. If not, addresses are in the hash. */
export function hasAddresses(): boolean {
  return document.querySelector('base[href]') !== null;
}

/**
 * Move the answer of an identity provider from the address to the tab's storage, and open the console. The answer
 * contains a secret code, which must not stay in the browser's history.
 */
export function keepAnswer(): void {
  if (session.get(ATTEMPT) === null || !/[?&]state=/.test(location.search)) return;
  session.set(ANSWER, location.search);
  history.replaceState(null, '', hasAddresses() ? location.pathname : `${location.pathname}#/console`);
}
