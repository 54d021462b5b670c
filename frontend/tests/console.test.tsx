import { act, screen, waitFor, within } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';

import { requestOf } from '../src/console/moderation/acts';
import { setAdminKey } from '../src/api/adminKey';
import { open } from './page';
import { board, refusal, serve, type Handler } from './server';

const KEY = 'admin-key';
const MADE = { created_at: '2026-11-23T12:00:00.000Z', created_by: 'env:admin', rotated_at: null, replaced_until: null, revoked_at: null };
const ACT = { at: MADE.created_at, actor: 'key:ops', action: 'key.create', board: null, user_id: null, reason: null, details: { name: 'game' } };

/** Return a handler that answers like the API. It refuses calls for admins without the key `KEY`. */
function guarded(): Handler {
  const names = new Map<string, Record<string, unknown>>([['game', MADE]]);
  return (url, init) => {
    if (!url.pathname.startsWith('/api/admin/')) return board(5)(url, init);
    const sent = new Headers(init.headers).get('Authorization');
    if (sent !== `Bearer ${KEY}`) return refusal(401, 'unauthenticated', 'this key is not known');
    if (url.pathname === '/api/admin/audit') return { body: { entries: url.searchParams.has('board') ? [] : [ACT], next: null } };
    const name = url.pathname.split('/')[4] ?? '';
    if (init.method === 'DELETE') names.set(name, { ...MADE, revoked_at: MADE.created_at });
    if (init.method === 'POST') {
      const made = JSON.parse(init.body as string) as { name?: string };
      names.set(made.name ?? name, MADE);
      return { status: 201, body: { name: made.name ?? name, scopes: ['submit'], ...MADE, key: 'lf_new' } };
    }
    return { body: { keys: [...names].map(([one, key]) => ({ name: one, scopes: ['submit'], ...key })) } };
  };
}

afterEach(() => setAdminKey(null));

function openSignedIn(path: string) {
  const served = serve(guarded());
  act(() => setAdminKey(KEY));
  return { ...served, ...open(path, { console: true }) };
}

describe('the console', () => {
  it('is not there unless the deployment wants it', async () => {
    serve(board(3));
    open('/console');
    expect(await screen.findByText('Page not found')).toBeInTheDocument();
  });

  it('takes a key that the API takes, keeps it nowhere, and forgets it', async () => {
    serve(guarded());
    const { user, queries } = open('/console/keys', { console: true });
    const field = await screen.findByLabelText('Admin key');
    await user.type(field, 'wrong{Enter}');
    expect(await screen.findByText(/missing or wrong/)).toBeInTheDocument();
    await user.clear(field);
    await user.type(field, `${KEY}{Enter}`);
    expect(await screen.findByText('game')).toBeInTheDocument();
    expect(JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)])).not.toContain(KEY);
    expect(JSON.stringify(queries.getMutationCache().getAll().map(({ state }) => state))).not.toContain(KEY);
    await user.click(screen.getByRole('button', { name: 'Sign out' }));
    expect(screen.queryByText('game')).not.toBeInTheDocument();
    expect(queries.getQueryCache().findAll({ queryKey: ['operators'] })).toEqual([]);
  });

  it('shows a new key once', async () => {
    const { user } = openSignedIn('/console/keys');
    await user.click(await screen.findByRole('button', { name: 'Create a key' }));
    const dialog = screen.getByRole('dialog', { name: 'Create a key' });
    await user.type(within(dialog).getByLabelText('Name'), 'Web');
    expect(within(dialog).getByRole('button', { name: 'Create' })).toBeDisabled();
    await user.clear(within(dialog).getByLabelText('Name'));
    await user.type(within(dialog).getByLabelText('Name'), 'web');
    await user.click(within(dialog).getByRole('button', { name: 'Create' }));
    expect(await screen.findByText('lf_new')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Done' }));
    expect(screen.queryByText('lf_new')).not.toBeInTheDocument();
    expect(await screen.findByText('web')).toBeInTheDocument();
  });

  it('revokes a key when one is sure', async () => {
    const { user, fetch } = openSignedIn('/console/keys');
    await user.click(await screen.findByRole('button', { name: 'Revoke game' }));
    await user.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(fetch.mock.calls.some(([, init]) => init?.method === 'DELETE')).toBe(false);
    await user.click(screen.getByRole('button', { name: 'Revoke game' }));
    await user.click(screen.getByRole('button', { name: 'Revoke' }));
    expect(await screen.findByText(/^Revoked/)).toBeInTheDocument();
  });

  it('tells who did what, and on which board', async () => {
    const { user, asked } = openSignedIn('/console/audit');
    expect(await screen.findByText('key.create')).toBeInTheDocument();
    expect(screen.getByText('name game')).toBeInTheDocument();
    await user.type(screen.getByLabelText('Board'), 'blitz');
    expect(await screen.findByText('No audit entries')).toBeInTheDocument();
    await waitFor(() => expect(asked().at(-1)).toContain('board=blitz'));
  });
});

describe('what moderators do', () => {
  const draft = { board: 'laps', userId: 7, score: 5, reason: 'too fast & odd' };

  it.each([
    ['hide-entry', 'POST', '/api/boards/laps/entries/7/hide', { reason: draft.reason }],
    ['unhide-entry', 'POST', '/api/boards/laps/entries/7/unhide', { reason: draft.reason }],
    ['remove', 'DELETE', '/api/boards/laps/entries/7?reason=too+fast+%26+odd', undefined],
    ['set', 'PUT', '/api/boards/laps/entries/7', { score: 5, reason: draft.reason }],
    ['hide-player', 'POST', '/api/users/7/hide', { reason: draft.reason }],
    ['unhide-player', 'POST', '/api/users/7/unhide', { reason: draft.reason }],
  ] as const)('%s is asked for by %s %s', (name, method, path, body) => {
    expect(requestOf({ act: name, ...draft })).toEqual({ method, path, ...(body && { body }) });
  });
});
