import { act, screen, waitFor, within } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { setAdminKey } from '../src/api/adminKey';
import { open } from './page';
import { aBoard, board, entry, refusal, serve } from './server';

const ADA = { user_id: 7, username: 'ada', created_at: '2026-11-23T12:00:00.000Z', email: 'ada@example.org' };
const ERASURE = { erasure_id: '0c7c1f5e-4a39-4d1c-9d0e-1a2b3c4d5e6f', events: 3, standings: 1, acts: 0 };
const LAPS = aBoard('laps', { name: 'Fastest laps', unit: 'ms', subscore_order: 'desc' });

afterEach(() => setAdminKey(null));

/** Open a page of the console, with players and boards that can be changed. */
function openConsole(path: string) {
  const sent: { method: string; path: string; body: unknown }[] = [];
  const players = new Map([[ADA.user_id, ADA]]);
  const boards = new Map([aBoard('default'), LAPS].map((one) => [one.board, one]));
  serve((url, init) => {
    const { method = 'GET' } = init;
    const [, , kind, name = ''] = url.pathname.split('/');
    if (method !== 'GET') sent.push({ method, path: url.pathname + url.search, body: init.body === undefined ? undefined : JSON.parse(init.body as string) });
    if (url.pathname === '/api/boards') return { body: { boards: [...boards.values()] } };
    if (kind === 'boards' && url.pathname.endsWith('/hidden')) return { body: { entries: [] } };
    if (url.pathname === '/api/boards/laps/ranks/7') return { body: { ...entry(3, { user_id: 7, username: 'ada', score: 61_234, submissions: 4 }), total: 5 } };
    if (kind === 'boards' && url.pathname.includes('/entries/')) return { body: { user_id: 7, entries: [{}] } };
    if (kind === 'boards' && method === 'DELETE') return boards.delete(name) ? { body: LAPS } : refusal(404, 'board_not_found', 'no');
    if (url.pathname === '/api/users') {
      const prefix = url.searchParams.get('search') ?? '';
      return { body: { users: [...players.values()].filter(({ username }) => username.startsWith(prefix)) } };
    }
    const player = kind === 'users' ? players.get(Number(name)) : undefined;
    if (!player) return board(5)(url, init);
    if (url.pathname.endsWith('/export')) return { body: { player, standings: [], acts: [], events: [] } };
    if (method === 'PATCH') players.set(player.user_id, { ...player, ...(JSON.parse(init.body as string) as object) });
    if (method === 'DELETE') players.delete(player.user_id);
    return { body: method === 'DELETE' ? ERASURE : player };
  });
  act(() => setAdminKey('admin-key'));
  return { sent, ...open(path, { console: true }) };
}

async function found(text: string) {
  const opened = openConsole('/console/players');
  await opened.user.type(await screen.findByLabelText('Name or id'), text);
  expect(await screen.findByText(/ada@example.org/)).toBeInTheDocument();
  return opened;
}

describe('players in the console', () => {
  it('are found by name and by id, or not at all', async () => {
    const { user } = await found('ad');
    const field = screen.getByLabelText('Name or id');
    await user.clear(field);
    expect(await screen.findByText('Search for a player')).toBeInTheDocument();
    await user.type(field, '#7');
    expect(await screen.findByText(/ada@example.org/)).toBeInTheDocument();
    await user.type(field, '77');
    expect(await screen.findByText('No players found')).toBeInTheDocument();
  });

  it('get another name', async () => {
    const { user, sent } = await found('ad');
    await user.click(screen.getByRole('button', { name: 'Rename ada' }));
    const dialog = screen.getByRole('dialog', { name: 'Rename ada' });
    expect(within(dialog).getByRole('button', { name: 'Rename' })).toBeDisabled();
    await user.type(within(dialog).getByLabelText('New name'), ' lovelace');
    await user.click(within(dialog).getByRole('button', { name: 'Rename' }));
    expect(await screen.findByRole('link', { name: 'ada lovelace' })).toBeInTheDocument();
    expect(sent).toEqual([{ method: 'PATCH', path: '/api/users/7', body: { username: 'ada lovelace' } }]);
  });

  it('are exported into a file', async () => {
    const kept = vi.fn<(content: Blob) => string>(() => 'blob:kept');
    vi.stubGlobal('URL', Object.assign(URL, { createObjectURL: kept, revokeObjectURL: vi.fn() }));
    const clicked = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined);
    const { user } = await found('ad');
    await user.click(screen.getByRole('button', { name: 'Export ada' }));
    await waitFor(() => expect(clicked).toHaveBeenCalled());
    expect(clicked.mock.contexts[0]).toMatchObject({ download: 'player-7.json', href: 'blob:kept' });
    expect(kept.mock.calls[0]?.[0].size).toBeGreaterThan(100);
  });

  it('are erased by whoever types the name, who is given the proof', async () => {
    const { user, sent } = await found('ad');
    await user.click(screen.getByRole('button', { name: 'Erase ada' }));
    const dialog = screen.getByRole('dialog', { name: 'Erase ada?' });
    const erase = within(dialog).getByRole('button', { name: 'Erase' });
    await user.type(within(dialog).getByLabelText('Type ada to confirm'), 'ad{Enter}');
    expect(erase).toBeDisabled();
    expect(sent).toEqual([]);
    await user.type(within(dialog).getByLabelText('Type ada to confirm'), 'a');
    await user.type(within(dialog).getByLabelText('Reference'), 'ticket-4711');
    await user.click(erase);
    expect(await screen.findByText(ERASURE.erasure_id)).toBeInTheDocument();
    expect(sent).toEqual([{ method: 'DELETE', path: '/api/users/7?reference=ticket-4711', body: undefined }]);
    await user.click(screen.getByRole('button', { name: 'Done' }));
    expect(await screen.findByText('No players found')).toBeInTheDocument();
  });
});

describe('boards in the console', () => {
  it('are deleted by whoever types the name, but for the default board', async () => {
    const { user, sent } = openConsole('/console/boards');
    await user.click(await screen.findByRole('button', { name: 'Delete Fastest laps' }));
    expect(screen.queryByRole('button', { name: 'Delete default' })).not.toBeInTheDocument();
    const dialog = screen.getByRole('dialog', { name: 'Delete the board Fastest laps?' });
    expect(within(dialog).getByRole('button', { name: 'Delete' })).toBeDisabled();
    await user.type(within(dialog).getByLabelText('Type laps to confirm'), 'laps{Enter}');
    await waitFor(() => expect(screen.queryByText('Fastest laps')).not.toBeInTheDocument());
    expect(sent).toEqual([{ method: 'DELETE', path: '/api/boards/laps', body: undefined }]);
  });
});

describe('a score that is set', () => {
  it('is written as the board shows it, and needs a confirmation', async () => {
    const { user, sent } = openConsole('/console/moderation?player=7');
    await user.selectOptions(await screen.findByLabelText('Board'), 'Fastest laps');
    await user.selectOptions(await screen.findByLabelText('Action'), 'Set the score on this board');
    await user.type(screen.getByLabelText('Score, ms'), '1:23.4');
    expect(screen.getByLabelText('Score, ms')).toHaveAccessibleDescription('Shown as 1:23.400.');
    await user.type(screen.getByLabelText('Subscore'), '5');
    await user.type(screen.getByLabelText('Reason'), 'as recorded');
    await user.click(screen.getByRole('button', { name: 'Apply' }));
    expect(sent).toEqual([]);
    const dialog = screen.getByRole('dialog', { name: 'Set the score of ada?' });
    const facts = within(dialog).getByLabelText('Entry');
    expect(facts).toHaveTextContent('Rank3Score, ms1:01.234Submissions4TimeNov 23, 2026');
    await user.click(screen.getByRole('button', { name: 'Set' }));
    expect(await screen.findByText('Done: 1 entry changed.')).toBeInTheDocument();
    const body = { score: 83_400, subscore: 5, submission_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string, reason: 'as recorded' };
    expect(sent).toEqual([{ method: 'PUT', path: '/api/boards/laps/entries/7', body }]);
  });
});
