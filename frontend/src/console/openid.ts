import type { Client } from '../api/client';
import type { ConsoleSession, SignInAttempt } from '../api/types';
import { ANSWER, ATTEMPT, hasAddresses } from '../answer';
import { session } from '../ui/storage';

/** Key of the text that the console shows after a failed sign-in. */
export type Refusal = 'otherSignIn' | 'providerRefused';

/** Answer of the identity provider: a code, or the reason of its refusal. */
export type ProviderAnswer = { readonly code: string; readonly attempt: Kept } | { readonly refusal: Refusal };

interface Kept extends SignInAttempt {
  readonly redirect_uri: string;
}

/** Begin to sign in: keep the attempt in this tab, and return the address of the provider's form. */
export async function beginSignIn(client: Client): Promise<string> {
  const redirectUri = redirectAddress();
  const attempt = await client.change<SignInAttempt>('POST', '/api/auth/console/begin', { redirect_uri: redirectUri });
  session.set(ATTEMPT, JSON.stringify({ ...attempt, redirect_uri: redirectUri }));
  return attempt.authorization_url;
}

/**
 * Return the identity provider's answer to the sign-in attempt of this tab, null if there is none. Further calls return
 * null.
 */
export function takeAnswer(): ProviderAnswer | null {
  const [answer, kept] = [session.get(ANSWER), session.get(ATTEMPT)];
  if (answer === null || kept === null) return null;
  session.set(ANSWER, null);
  session.set(ATTEMPT, null);
  const query = new URLSearchParams(answer);
  const attempt = JSON.parse(kept) as Kept;
  const code = query.get('code');
  if (query.get('state') !== attempt.state) return { refusal: 'otherSignIn' };
  if (code === null) return { refusal: 'providerRefused' };
  return { code, attempt };
}

/** Exchange a code for a session. */
export function finishSignIn(client: Client, code: string, { redirect_uri, nonce, code_verifier }: Kept): Promise<ConsoleSession> {
  return client.change<ConsoleSession>('POST', '/api/auth/console/session', { code, redirect_uri, nonce, code_verifier });
}

/**
 * Return the address of the page to which the identity provider sends the browser back: the console. If the addresses
 * of pages need `#`, return the address of the first page.
 */
function redirectAddress(): string {
  return hasAddresses() ? new URL('console', document.baseURI).href : `${location.origin}${location.pathname}`;
}
