import { act, screen, waitFor, within } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { requestOf, scoreToSet } from '../src/console/moderation/acts';
import { setAdminKey } from '../src/api/adminKey';
import type { Caller } from '../src/api/types';
import { open } from './page';
import { OWNER, aBoard, board, refusal, serve, type Answer, type Handler } from './server';

const KEY = 'admin-key';
const MADE = { created_at: '2026-11-23T12:00:00.000Z', created_by: 'env:admin', rotated_at: null, replaced_until: null, revoked_at: null };
const ACT = { at: MADE.created_at, actor: 'key:ops', person: 'Grace Hopper', action: 'key.create', board: null, user_id: null, reason: null, details: { name: 'game' } };
const FORMULA = { ...ACT, actor: 'env:admin', person: null, action: 'entry.hide', board: 'laps', user_id: -7, reason: '=1+1, "sum"', details: {} };
const ENVIRONMENT = { setting: 'LEADERFORGE_ADMIN_KEYS', actor: 'env:admin', scopes: ['admin'], keys: 2 };

/** Return a handler that answers like the API. It refuses admin calls without the key `KEY`. */
function guarded(caller: Caller = OWNER): Handler {
  const names = new Map<string, Record<string, unknown>>([['game', MADE]]);
  return (url, init) => {
    if (!url.pathname.startsWith('/api/admin/')) return board(5)(url, init);
    const sent = new Headers(init.headers).get('Authorization');
    if (sent !== `Bearer ${KEY}`) return refusal(401, 'unauthenticated', 'this key is not known');
    if (url.pathname === '/api/admin/me') return { body: caller };
    if (url.pathname === '/api/admin/audit') return auditPage(url);
    const name = url.pathname.split('/')[4] ?? '';
    if (init.method === 'DELETE') names.set(name, { ...MADE, revoked_at: MADE.created_at });
    if (init.method === 'POST') {
      const made = JSON.parse(init.body as string) as { name?: string };
      names.set(made.name ?? name, MADE);
      return { status: 201, body: { name: made.name ?? name, scopes: ['submit'], ...MADE, key: 'lf_new' } };
    }
    return { body: { keys: [...names].map(([one, key]) => ({ name: one, scopes: ['submit'], ...key })), environment: [ENVIRONMENT] } };
  };
}

/** Return a page of an audit log with entries of two actors. A page of an export has one entry: exports have two
 * pages. */
function auditPage({ searchParams }: URL): Answer {
  const actor = searchParams.get('actor');
  const acts = [ACT, FORMULA].filter((entry) => actor === null || entry.actor === actor);
  if (searchParams.has('board') || searchParams.get('action') === 'key.revoke') return { body: { entries: [], next: null } };
  if (searchParams.get('limit') !== '1000') return { body: { entries: acts, next: null } };
  const at = Number(searchParams.get('cursor') ?? 0);
  return { body: { entries: acts.slice(at, at + 1), next: at + 1 < acts.length ? String(at + 1) : null } };
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

  it('takes a key that the API takes, keeps it in the tab, and forgets it', async () => {
    serve(guarded());
    const { user, queries } = open('/console/keys', { console: true });
    const field = await screen.findByLabelText('Key');
    await user.type(field, 'wrong{Enter}');
    expect(await screen.findByText(/missing or wrong/)).toBeInTheDocument();
    await user.clear(field);
    await user.type(field, `${KEY}{Enter}`);
    expect(await screen.findByText('game')).toBeInTheDocument();
    expect(JSON.stringify(Object.entries(localStorage))).not.toContain(KEY);
    expect(JSON.stringify(Object.entries(sessionStorage))).toContain(KEY);
    expect(JSON.stringify(queries.getMutationCache().getAll().map(({ state }) => state))).not.toContain(KEY);
    await user.click(screen.getByRole('button', { name: 'Sign out' }));
    expect(screen.queryByText('game')).not.toBeInTheDocument();
    expect(sessionStorage).toHaveLength(0);
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
    expect(await screen.findByText('key.create', { selector: 'span' })).toBeInTheDocument();
    expect(screen.getByText('name game')).toBeInTheDocument();
    await user.type(screen.getByLabelText('Board'), 'blitz');
    expect(await screen.findByText('No audit entries')).toBeInTheDocument();
    await waitFor(() => expect(asked().at(-1)).toContain('board=blitz'));
  });

  it('tells the exact time, and filters by action and actor', async () => {
    const { user, asked } = openSignedIn('/console/audit');
    expect((await screen.findAllByText(/^Nov 23, 2026, \d+:\d\d:00/)).length).toBeGreaterThan(0);
    await user.type(screen.getByLabelText('Actor'), 'Ops');
    expect(screen.getByText('Enter an actor such as key:ops.')).toBeInTheDocument();
    await user.clear(screen.getByLabelText('Actor'));
    await user.type(screen.getByLabelText('Actor'), 'env:admin');
    await waitFor(() => expect(screen.queryByText('key.create', { selector: 'span' })).not.toBeInTheDocument());
    expect(asked().some((url) => url.includes('Ops'))).toBe(false);
    await user.selectOptions(screen.getByLabelText('Action'), 'key.revoke');
    expect(await screen.findByText('No audit entries')).toBeInTheDocument();
    expect(asked().at(-1)).toContain('action=key.revoke&actor=env%3Aadmin');
  });

  it.each([
    ['CSV', 'audit-log.csv', `env:admin,,entry.hide,laps,-7,"'=1+1, ""sum""",{}\r\n`],
    ['NDJSON', 'audit-log.ndjson', `${JSON.stringify(FORMULA)}\n`],
  ])('exports all pages of the log as %s', async (format, name, end) => {
    const saved = vi.fn<(content: Blob) => string>(() => 'blob:saved');
    vi.stubGlobal('URL', Object.assign(URL, { createObjectURL: saved, revokeObjectURL: vi.fn() }));
    const clicked = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined);
    const { user } = openSignedIn('/console/audit');
    await user.click(await screen.findByRole('button', { name: `Export ${format}` }));
    await waitFor(() => expect(clicked).toHaveBeenCalled());
    expect(clicked.mock.contexts[0]).toMatchObject({ download: name });
    const content = await textOf(saved.mock.calls[0]?.[0]);
    expect(content).toContain('key:ops');
    expect(content.endsWith(end)).toBe(true);
  });

  it('lists the keys of the settings as set from outside', async () => {
    openSignedIn('/console/keys');
    const outside = await screen.findByRole('list', { name: 'Keys set from outside' });
    expect(outside).toHaveTextContent('env:admin set from outsideadmin; 2 keys in LEADERFORGE_ADMIN_KEYS.');
    expect(within(outside).queryByRole('button')).not.toBeInTheDocument();
  });
});

describe('the signed-in person', () => {
  const VIEWER: Caller = { actor: 'key:vi', person: 'Vi Ewer', role: 'viewer', permissions: ['read_boards', 'view_console'] };

  it('sees name and role, and why buttons are disabled', async () => {
    serve(guarded(VIEWER));
    act(() => setAdminKey(KEY));
    open('/console/keys', { console: true });
    expect(await screen.findByText('Vi Ewer')).toBeInTheDocument();
    const revoke = await screen.findByRole('button', { name: 'Revoke game' });
    for (const button of [revoke, screen.getByRole('button', { name: 'Create a key' })]) {
      expect(button).toBeDisabled();
      expect(button).toHaveAccessibleDescription('Viewers see everything and change nothing.');
      expect(button).toHaveAttribute('title', 'You are a viewer. Only owners may do this.');
    }
  });

  it('gives a key to another person, with name and role', async () => {
    const { user, fetch } = openSignedIn('/console/keys');
    await user.click(await screen.findByRole('button', { name: 'Create a key' }));
    const dialog = within(screen.getByRole('dialog', { name: 'Create a key' }));
    await user.type(dialog.getByLabelText('Name'), 'ada');
    await user.selectOptions(dialog.getByLabelText('Used by'), 'a person');
    expect(dialog.getByText('Enter the person’s name.')).toBeInTheDocument();
    await user.type(dialog.getByLabelText('Person’s name'), 'Ada Lovelace');
    await user.selectOptions(dialog.getByLabelText('Role'), 'viewer');
    await user.click(dialog.getByRole('button', { name: 'Create' }));
    expect(await screen.findByText('lf_new')).toBeInTheDocument();
    const [, made] = fetch.mock.calls.find(([, init]) => init?.method === 'POST') ?? [];
    expect(JSON.parse(made?.body as string)).toEqual({ name: 'ada', role: 'viewer', person: 'Ada Lovelace' });
  });

  it('is asked to sign in again when the API refuses the key', async () => {
    let isRevoked = false;
    const usual = guarded();
    serve((url, init) => (isRevoked ? refusal(401, 'unauthenticated', 'unknown key') : usual(url, init)));
    act(() => setAdminKey(KEY));
    const { user } = open('/console/keys', { console: true });
    await screen.findByText('game');
    isRevoked = true;
    await user.click(screen.getByRole('link', { name: 'Audit log' }));
    expect(await screen.findByText('Your sign-in has ended. Sign in again.')).toBeInTheDocument();
    expect(sessionStorage).toHaveLength(0);
  });

  it('needs a role', async () => {
    serve((url, init) => (url.pathname === '/api/admin/me' ? refusal(403, 'forbidden', 'no role') : guarded()(url, init)));
    const { user } = open('/console', { console: true });
    await user.type(await screen.findByLabelText('Key'), 'submit-key{Enter}');
    expect(await screen.findByText(/has no role in the console/)).toBeInTheDocument();
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

  it.each([
    ['-5', -5],
    [' 1000 ', 1000],
    ['', null],
    ['1.5', null],
    ['-6', null],
    ['1001', null],
  ])('the number %j of a tiebreaker is set as %j', (text, number) => {
    const dungeon = aBoard('dungeon', { policy: 'best', tiebreakers: [{ name: 'time_ms', order: 'asc', min: -5, max: 1000 }] });
    const set = scoreToSet({ score: '7', subscore: '', numbers: { time_ms: text } }, dungeon);
    expect(set).toEqual(number === null ? null : { score: 7, numbers: { time_ms: number } });
    if (set) expect(requestOf({ act: 'set', ...draft, ...set })).toHaveProperty('body.numbers', { time_ms: number });
  });
});

/** Return a file's text. jsdom's Blob has no method `text`. */
function textOf(content: Blob | undefined): Promise<string> {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.readAsText(content ?? new Blob());
  });
}
