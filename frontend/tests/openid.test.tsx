import { screen, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { ANSWER, ATTEMPT } from '../src/answer';
import { setAdminKey } from '../src/api/adminKey';
import { takeAnswer } from '../src/console/openid';
import { open } from './page';
import { board, refusal, serve } from './server';

const KEPT = { authorization_url: 'https://id.example.org/form', state: 's', nonce: 'n', code_verifier: 'v', redirect_uri: 'http://here/console' };

afterEach(() => setAdminKey(null));

function keep(answer: string): void {
  sessionStorage.setItem(ATTEMPT, JSON.stringify(KEPT));
  sessionStorage.setItem(ANSWER, answer);
}

describe('the answer of an identity provider', () => {
  it.each([
    ['?code=c&state=s', { code: 'c', attempt: KEPT }],
    ['?code=c&state=other', { refusal: 'otherSignIn' }],
    ['?error=access_denied&state=s', { refusal: 'providerRefused' }],
  ])('%s is taken once', (answer, taken) => {
    keep(answer);
    expect(takeAnswer()).toEqual(taken);
    expect(takeAnswer()).toBeNull();
  });

  it('starts a session, whose end signs out', async () => {
    keep('?code=c&state=s');
    const sent: string[] = [];
    serve((url, init) => {
      if (init.method !== undefined) sent.push(`${init.method} ${url.pathname} ${typeof init.body === 'string' ? init.body : ''}`);
      if (url.pathname === '/api/auth/console') return { body: { provider: 'Acme' } };
      if (url.pathname === '/api/auth/console/session') return { body: { token: 'lfs_1', person: 'Ada', role: 'owner', expires_at: '' } };
      return board(3)(url, init);
    });
    const { user } = open('/console', { console: true });
    await user.click(await screen.findByRole('button', { name: 'Sign out' }));
    expect(await screen.findByRole('button', { name: 'Sign in with Acme' })).toBeInTheDocument();
    expect(sent).toEqual([
      'POST /api/auth/console/session {"code":"c","redirect_uri":"http://here/console","nonce":"n","code_verifier":"v"}',
      'DELETE /api/auth/console/session ',
    ]);
    expect(sessionStorage).toHaveLength(0);
  });

  it('without a role is said in words', async () => {
    keep('?code=c&state=s');
    serve((url, init) => {
      if (url.pathname === '/api/auth/console') return { body: { provider: 'Acme' } };
      return url.pathname.startsWith('/api/auth/') ? refusal(403, 'forbidden', 'no value of the claim has a role') : board(3)(url, init);
    });
    open('/console', { console: true });
    expect(await screen.findByText('No value of the claim has a role.')).toBeInTheDocument();
  });

  it('is asked for at the form of the provider', async () => {
    const assign = vi.fn();
    vi.stubGlobal('location', { assign, origin: 'http://here', pathname: '/', search: '', href: 'http://here/' });
    serve((url, init) => {
      if (url.pathname === '/api/auth/console') return { body: { provider: 'Acme' } };
      return url.pathname === '/api/auth/console/begin' ? { body: { ...KEPT, redirect_uri: undefined } } : board(3)(url, init);
    });
    const { user } = open('/console', { console: true });
    await user.click(await screen.findByRole('button', { name: 'Sign in with Acme' }));
    await waitFor(() => expect(assign).toHaveBeenCalledWith(KEPT.authorization_url));
    expect(JSON.parse(sessionStorage.getItem(ATTEMPT) ?? '')).toMatchObject({ state: 's', redirect_uri: 'http://here/' });
    vi.unstubAllGlobals();
  });
});
