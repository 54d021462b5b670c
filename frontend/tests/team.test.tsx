import { act, screen, waitFor, within } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';

import { setAdminKey } from '../src/api/adminKey';
import type { Contribution, Team } from '../src/api/types';
import { memberRows } from '../src/team/memberRows';
import { open } from './page';
import { aBoard, board, entry, refusal, serve, type Answer } from './server';

const AT = '2026-11-23T12:00:00.000Z';
const member = (id: number) => ({ user_id: id, username: `player ${id}`, joined_at: AT });
const TEAM: Team = {
  team_id: -9,
  name: 'Otters',
  external_id: null,
  captain_id: 1,
  max_members: 3,
  joining: 'open',
  created_at: AT,
  members: [member(1), member(2)],
};
const TEAM_BOARD = aBoard('squads', { name: 'Squads', team: { source: 'default', function: 'best', members: 2 } });

function contribution(id: number, change: Partial<Contribution> = {}): Contribution {
  return { user_id: id, username: `player ${id}`, score: 100 * id, submissions: id, achieved_at: AT, member: true, counts: true, ...change };
}

/** Serve a team board with one team. Contributions are refused with the `refused` answer. Return the changes that were sent. */
function serveTeam(contributions: readonly Contribution[], refused?: Answer) {
  const sent: { method: string; path: string; body: unknown }[] = [];
  let roster = TEAM;
  serve((url, init) => {
    const { method = 'GET' } = init;
    const body: unknown = init.body === undefined ? undefined : JSON.parse(init.body as string);
    if (method !== 'GET') sent.push({ method, path: url.pathname, body });
    if (url.pathname === '/api/boards') return { body: { boards: [aBoard('default', { moment_days: 30 }), TEAM_BOARD] } };
    if (url.pathname === '/api/boards/default' && method === 'PATCH') return { body: aBoard('default') };
    if (url.pathname === '/api/boards/squads/ranks/-9') {
      return { body: { ...entry(1, { user_id: -9, username: 'Otters' }), percentile: 0, total: 2, board: 'squads', period: 'all-time' } };
    }
    if (refused && url.pathname === '/api/boards/squads/teams/-9') return refused;
    if (url.pathname === '/api/boards/squads/teams/-9') return { body: { board: 'squads', period: 'all-time', team_id: -9, contributions } };
    if (url.pathname === '/api/users/1/teams') return { body: { user_id: 1, teams: [{ team_id: -9, name: 'Otters', joined_at: AT, left_at: null }] } };
    if (url.pathname === '/api/users') return { body: { users: [{ user_id: -9, username: 'Otters', created_at: AT }, { user_id: 7, username: 'otto', created_at: AT }] } };
    if (url.pathname === '/api/teams') return { status: 201, body: { ...TEAM, team_id: -10 } };
    if (url.pathname.startsWith('/api/teams/-9')) {
      if (method === 'DELETE') roster = { ...roster, members: roster.members.slice(1) };
      if (method === 'PUT' && url.pathname.endsWith('/44')) return refusal(409, 'team_full', 'team -9 has all of its 3 members');
      return { body: roster };
    }
    return board(5)(url, init);
  });
  return sent;
}

afterEach(() => setAdminKey(null));

describe('the page of a team', () => {
  it('lists contributions, members without one and players who have left', async () => {
    serveTeam([contribution(2), contribution(5, { member: false, counts: false })]);
    open('/player/-9?board=squads');
    const members = await screen.findByRole('region', { name: 'Members' });
    const rows = (await within(members).findAllByRole('listitem')).map((row) => row.textContent);
    expect(members).toHaveTextContent('2 of 3 places taken. The sum of the best 2 contributions counts. Contributions are scores on Leaderboard.'.replace('Leaderboard', 'default'));
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatch(/player 2counts, 2 plays.*200$/);
    expect(rows[1]).toMatch(/player 5has left the team, does not count/);
    expect(rows[2]).toMatch(/player 1captain, no score yet$/);
    expect(within(members).getByRole('link', { name: 'player 2' })).toHaveAttribute('href', '/player/2?board=default');
  });

  it.each([
    ['a frozen board', refusal(422, 'invalid_request', "board 'squads' is frozen"), 'contributions are hidden until the end of the freeze'],
    ['a board with a private source', refusal(401, 'unauthenticated', 'this call needs an API key'), 'contributions are not public'],
    ['a private source, to players', refusal(403, 'forbidden', "board 'default' is private"), 'contributions are not public'],
  ])('lists the members of %s without contributions', async (_, refused, text) => {
    serveTeam([], refused);
    open('/player/-9?board=squads');
    const members = await screen.findByRole('region', { name: 'Members' });
    const rows = (await within(members).findAllByRole('listitem')).map((row) => row.textContent);
    expect(rows).toEqual([expect.stringMatching(new RegExp(`player 1captain, ${text}$`)), expect.stringMatching(new RegExp(`player 2${text}$`))]);
    expect(within(members).queryByRole('button')).not.toBeInTheDocument();
  });

  it('offers no actions for players', async () => {
    serveTeam([]);
    open('/player/-9?board=squads');
    await screen.findByRole('region', { name: 'Members' });
    expect(screen.queryByRole('button', { name: /friend/i })).not.toBeInTheDocument();
    expect(screen.queryByRole('button', { name: /this is me/i })).not.toBeInTheDocument();
  });

  it('is linked from the pages of its members', async () => {
    serveTeam([]);
    open('/player/1');
    expect(await screen.findByRole('link', { name: 'Otters' })).toHaveAttribute('href', '/player/-9?board=squads');
  });
});

describe('the rows of a team', () => {
  it('have each player once', () => {
    const rows = memberRows(TEAM, [contribution(2)]);
    expect(rows.map(({ user_id: id, isCaptain }) => [id, isCaptain])).toEqual([
      [2, false],
      [1, true],
    ]);
  });
});

describe('teams in the console', () => {
  it('are found, and their members are removed and added', async () => {
    const sent = serveTeam([]);
    act(() => setAdminKey('admin-key'));
    const { user } = open('/console/teams', { console: true });
    await user.type(await screen.findByLabelText('Name or id of a team'), 'ott');
    await user.click(await screen.findByRole('button', { name: 'Members of Otters' }));
    expect(screen.queryByText('otto')).not.toBeInTheDocument();
    const panel = await screen.findByRole('region', { name: 'Members of Otters' });
    await user.click(within(panel).getByRole('button', { name: 'Remove player 1' }));
    await waitFor(() => expect(within(panel).queryByText('player 1')).not.toBeInTheDocument());
    await user.type(within(panel).getByLabelText('Player id'), '44');
    await user.click(within(panel).getByRole('button', { name: 'Add' }));
    expect(await within(panel).findByText(/Team -9 has all of its 3 members/)).toBeInTheDocument();
    expect(sent).toEqual([
      { method: 'DELETE', path: '/api/teams/-9/members/1', body: undefined },
      { method: 'PUT', path: '/api/teams/-9/members/44', body: undefined },
    ]);
  });

  it('are created and edited', async () => {
    const sent = serveTeam([]);
    act(() => setAdminKey('admin-key'));
    const { user } = open('/console/teams', { console: true });
    await user.click(await screen.findByRole('button', { name: 'Create a team' }));
    const form = screen.getByRole('dialog', { name: 'Create a team' });
    await user.type(within(form).getByLabelText('Team name'), 'Lynxes');
    await user.clear(within(form).getByLabelText('Maximum members'));
    await user.type(within(form).getByLabelText('Maximum members'), '501');
    expect(within(form).getByRole('button', { name: 'Create' })).toBeDisabled();
    await user.clear(within(form).getByLabelText('Maximum members'));
    await user.type(within(form).getByLabelText('Maximum members'), '5');
    await user.click(within(form).getByRole('button', { name: 'Create' }));
    await waitFor(() => expect(sent).toHaveLength(1));
    await user.type(screen.getByLabelText('Name or id of a team'), 'ott');
    await user.click(await screen.findByRole('button', { name: 'Members of Otters' }));
    await user.click(await screen.findByRole('button', { name: 'Edit Otters' }));
    const edit = screen.getByRole('dialog', { name: 'Edit Otters' });
    await user.selectOptions(within(edit).getByLabelText('Captain'), 'player 2');
    await user.click(within(edit).getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(sent).toHaveLength(2));
    expect(sent).toEqual([
      { method: 'POST', path: '/api/teams', body: { name: 'Lynxes', max_members: 5, joining: 'server' } },
      { method: 'PATCH', path: '/api/teams/-9', body: { captain_id: 2 } },
    ]);
  });
});

describe('boards in the console', () => {
  it('are frozen at a time', async () => {
    const sent = serveTeam([]);
    act(() => setAdminKey('admin-key'));
    const { user } = open('/console/boards', { console: true });
    await user.click(await screen.findByRole('button', { name: 'Freeze default' }));
    expect(screen.queryByRole('button', { name: 'Freeze Squads' })).not.toBeInTheDocument();
    const dialog = screen.getByRole('dialog', { name: 'Freeze default' });
    await user.selectOptions(within(dialog).getByLabelText('The public sees'), 'the board of a time');
    expect(within(dialog).getByRole('button', { name: 'Apply' })).toBeDisabled();
    await user.type(within(dialog).getByLabelText('Time'), '2026-11-29T18:00:00');
    await user.click(within(dialog).getByRole('button', { name: 'Apply' }));
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toEqual({ method: 'PATCH', path: '/api/boards/default', body: { frozen_at: new Date('2026-11-29T18:00:00').toISOString() } });
  });

  it('become team boards with the policy of their source', async () => {
    const sent = serveTeam([]);
    act(() => setAdminKey('admin-key'));
    const { user } = open('/console/boards', { console: true });
    await user.click(await screen.findByRole('button', { name: 'Create a board' }));
    const form = screen.getByRole('dialog', { name: 'Create a board' });
    await user.type(within(form).getByLabelText('Slug'), 'crews');
    await user.selectOptions(within(form).getByLabelText('Teams by the scores on'), 'default');
    await user.selectOptions(within(form).getByLabelText('Score of a team'), 'Mean of all');
    await user.click(within(form).getByRole('button', { name: 'Create' }));
    expect(within(form).getByText('Correct the marked fields.')).toBeInTheDocument();
    await user.type(within(form).getByLabelText('Members'), '3');
    await user.click(within(form).getByRole('button', { name: 'Create' }));
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]?.body).toMatchObject({ board: 'crews', policy: 'sum', team: { source: 'default', function: 'mean', members: 3 } });
  });
});
