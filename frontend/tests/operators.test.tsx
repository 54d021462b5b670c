import { act, screen, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';

import { setAdminKey } from '../src/api/adminKey';
import { open } from './page';
import { aBoard, board, entry, refusal, serve } from './server';

const KEY = 'admin-key';
const SECRET = aBoard('secret', { name: 'Staff only', private: true });

/** Answer like an API with one private board, which only the admin key can read. */
function serveWithPrivateBoard() {
  const usual = board(5);
  return serve((url, init) => {
    const isAdmin = new Headers(init.headers).get('Authorization') === `Bearer ${KEY}`;
    if (url.pathname === '/api/boards') return { body: { boards: [aBoard('default'), ...(isAdmin ? [SECRET] : [])] } };
    if (!url.pathname.startsWith('/api/boards/secret/')) return usual(url, init);
    if (!isAdmin) return refusal(401, 'unauthenticated', 'no key');
    if (url.pathname.includes('/top')) return { body: { entries: [entry(1, { username: 'staff member' })], total: 1 } };
    return usual(url, init);
  });
}

afterEach(() => setAdminKey(null));

describe('a private board', () => {
  it('opens from the console with its key, and the picker shows it', async () => {
    serveWithPrivateBoard();
    act(() => setAdminKey(KEY));
    const { user } = open('/console/boards', { console: true });
    await user.click(await screen.findByRole('link', { name: 'View Staff only' }));
    expect(await screen.findByRole('heading', { level: 1, name: 'Staff only' })).toBeInTheDocument();
    expect(await screen.findByRole('link', { name: 'staff member' })).toBeInTheDocument();
    expect(screen.getByLabelText('Board')).toHaveDisplayValue('Staff only');
  });

  it('is gone from the page and its memory after the operator signs out', async () => {
    serveWithPrivateBoard();
    act(() => setAdminKey(KEY));
    const { queries, router } = open('/?board=secret', { console: true });
    expect(await screen.findByRole('link', { name: 'staff member' })).toBeInTheDocument();
    act(() => setAdminKey(null));
    expect(await screen.findByText(/missing or wrong/)).toBeInTheDocument();
    expect(screen.queryByText('staff member')).not.toBeInTheDocument();
    await act(() => router.navigate({ to: '/', search: {} }));
    await waitFor(() => expect(queries.isFetching()).toBe(0));
    const cached = JSON.stringify(queries.getQueryCache().getAll().map(({ state }) => state.data ?? null));
    expect(cached).not.toMatch(/staff member|Staff only/);
  });
});
