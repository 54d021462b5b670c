import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Board } from '../src/api/types';
import { saveFriends } from '../src/friends/useFriends';
import { saveMe } from '../src/me/me';
import { parseMoments } from '../src/moments/search';
import { firstMoment, sinceChoices } from '../src/moments/since';
import { open } from './page';
import { aBoard, board, entry, refusal, serve } from './server';

const PLAYERS = 9;
const MOVES: Readonly<Record<number, number | null>> = { 1: 3, 2: -1, 4: null, 5: -12 };
/** Ranks that each player has gained, null for a new player. Others have not moved. */

function compared(rank: number) {
  const moved = MOVES[rank] === undefined ? 0 : MOVES[rank];
  const previous = moved === null ? null : rank + moved;
  return entry(rank, { previous_rank: previous, previous_score: previous, moved, new: moved === null });
}

/** Return the ranks of the players in a lookup, among themselves. */
function ranksAmong({ body }: RequestInit) {
  const { user_ids: ids } = JSON.parse(body as string) as { user_ids: number[] };
  return { body: { entries: ids.toSorted().map((id, at) => ({ ...entry(id), rank_among: at + 1 })), missing: [] } };
}

/** Open the page of a board with moments. Reads with `since` have the movement of `MOVES`. */
function openBoard(path: string, change: Partial<Board> = {}) {
  const usual = board(PLAYERS);
  const requests = serve(async (url, init) => {
    if (url.pathname === '/api/boards') return { body: { boards: [aBoard('default', { moment_days: 30, moments_since: '2026-01-01T00:00:00.000Z', ...change })] } };
    const answer = url.pathname.endsWith('/ranks/lookup') ? ranksAmong(init) : await usual(url, init);
    const { entries } = (answer.body ?? {}) as { entries?: { rank: number }[] };
    if (url.searchParams.get('at')?.startsWith('2025')) return refusal(404, 'moment_not_found', 'the first one is in 2026');
    if (!url.searchParams.has('since')) return answer;
    if (entries === undefined) return { body: { ...(answer.body as object), ...compared(Number(url.pathname.split('/').at(-1))) } };
    return { body: { ...(answer.body as object), entries: entries.map((shown) => ({ ...shown, ...compared(shown.rank) })) } };
  });
  const reads = (part: string, moment: string) =>
    requests.asked().some((asked) => asked.includes(part) && decodeURIComponent(asked).includes(moment));
  return { asked: requests.asked, reads, ...open(path) };
}

const LOCAL = '2026-11-24T12:30';
const AT = new Date(LOCAL).toISOString();

const NOW = Date.parse('2026-11-25T12:00:00.000Z');

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
});

afterEach(() => {
  vi.useRealTimers();
  saveMe(null);
  saveFriends([]);
});

describe('the movement of the entries', () => {
  it('is compared with a chosen moment, which is in the address', async () => {
    const { user, router, reads } = openBoard('/?rank=5');
    const picker = await screen.findByLabelText('Movement');
    expect(within(picker).getAllByRole('option').map(({ textContent }) => textContent)).toEqual([
      'live',
      'since yesterday',
      'since last week',
    ]);
    expect(picker).toHaveValue('live');
    await user.selectOptions(picker, 'since yesterday');
    await waitFor(() => expect(router.state.location.search).toEqual({ rank: 5, since: 'P1D' }));
    const podium = screen.getByRole('list', { name: 'The first three' });
    expect(await within(podium).findByText('up 3 ranks since yesterday')).toBeInTheDocument();
    expect(within(podium).getByText('down 1 rank since yesterday')).toBeInTheDocument();
    expect(within(podium).getByText('▲ 3')).toBeInTheDocument();
    await waitFor(() => expect(reads('/page', 'since=P1D')).toBe(true));
    await user.selectOptions(picker, 'live');
    await waitFor(() => expect(router.state.location.search).toEqual({ rank: 5 }));
    await waitFor(() => expect(screen.queryByText('up 3 ranks since yesterday')).not.toBeInTheDocument());
  });

  it('of the reader’s own player is compared, too', async () => {
    saveMe({ id: 5, name: 'player 5' });
    const { reads } = openBoard('/?since=P1D');
    const mine = await screen.findByRole('region', { name: 'Your rank' });
    expect(await within(mine).findByText('down 12 ranks since yesterday')).toBeInTheDocument();
    expect(reads('/ranks/5', 'since=P1D')).toBe(true);
  });

  it('is live if the moment in the address is before the first one', async () => {
    openBoard('/?since=P7D', { moments_since: '2026-11-23T00:00:00.000Z' });
    expect(await screen.findByLabelText('Movement')).toHaveValue('live');
    expect(screen.queryByRole('option', { name: 'since last week' })).not.toBeInTheDocument();
    expect(await screen.findByText('player 1')).toBeInTheDocument();
    await waitFor(() => expect(screen.queryByText(/since last week/)).not.toBeInTheDocument());
  });

  it('is live only on a board without moments', async () => {
    const { asked } = openBoard('/', { moment_days: null });
    expect(await screen.findByText('player 1')).toBeInTheDocument();
    expect(screen.queryByLabelText('Movement')).not.toBeInTheDocument();
    expect(asked().filter((path) => path.includes('since='))).toEqual([]);
  });
});

describe('a past moment', () => {
  it('is chosen by its local time, and is in the address until the reader goes back', async () => {
    const { user, router, reads } = openBoard('/?rank=5&since=P1D');
    const field = await screen.findByLabelText('Look back to');
    fireEvent.change(field, { target: { value: LOCAL } });
    await user.click(screen.getByRole('button', { name: 'Show' }));
    await waitFor(() => expect(router.state.location.search).toEqual({ rank: 5, since: 'P1D', at: AT }));
    expect(screen.getByText(/^The board as it was on Nov 24, 2026, 12:30:00/)).toHaveAttribute('role', 'status');
    await waitFor(() => expect(reads('/top', `at=${AT}`)).toBe(true));
    await waitFor(() => expect(reads('/page', `at=${AT}`)).toBe(true));
    expect(await screen.findByText('Not live, 9 players')).toBeInTheDocument();
    expect(screen.queryByLabelText('Movement')).not.toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Back to now' }));
    await waitFor(() => expect(router.state.location.search).toEqual({ rank: 5, since: 'P1D' }));
    expect(field).toHaveFocus();
    expect(field).toHaveValue('');
    expect(await screen.findByText('Live, 9 players')).toBeInTheDocument();
  });

  it('in the address is shown without events and without a movement', async () => {
    const listened = vi.fn();
    vi.stubGlobal('EventSource', listened);
    const { asked } = openBoard(`/?at=${AT}&since=P1D`);
    expect(await screen.findByLabelText('Look back to')).toHaveValue(LOCAL);
    expect(await screen.findByText('player 1')).toBeInTheDocument();
    expect(listened).not.toHaveBeenCalled();
    expect(asked().filter((path) => path.includes('since='))).toEqual([]);
    vi.stubGlobal('EventSource', undefined);
  });

  it('cannot be chosen before the first one', async () => {
    openBoard('/', { moments_since: '2026-11-24T12:30:40.000Z' });
    const field = await screen.findByLabelText('Look back to');
    const first = new Date(NOW - 23 * 3_600_000 - 29 * 60_000); // the next full minute
    expect(new Date((field as HTMLInputElement).min)).toEqual(first);
  });

  it('cannot be chosen while the board copies its standings', async () => {
    openBoard('/', { moments_since: null });
    expect(await screen.findByText('Live, 9 players')).toBeInTheDocument();
    expect(screen.queryByLabelText('Look back to')).not.toBeInTheDocument();
  });

  it('before the retention shows the service’s reason', async () => {
    openBoard('/?at=2025-01-01T00:00:00.000Z');
    expect(await screen.findByRole('alert')).toHaveTextContent('The first one is in 2026.');
    expect(await screen.findByRole('button', { name: 'Back to now' })).toBeInTheDocument();
  });

  it('is not read from a board without moments', async () => {
    const { asked } = openBoard(`/?at=${AT}`, { moment_days: null });
    expect(await screen.findByText('Live, 9 players')).toBeInTheDocument();
    expect(screen.queryByLabelText('Look back to')).not.toBeInTheDocument();
    expect(asked().filter((path) => path.includes('/top')).at(-1)).not.toContain('at=');
  });
});

describe('the page of a player', () => {
  it('shows the movement since a chosen moment', async () => {
    const { user, router, reads } = openBoard('/player/5');
    await user.selectOptions(await screen.findByLabelText('Movement'), 'since yesterday');
    await waitFor(() => expect(router.state.location.search).toEqual({ since: 'P1D' }));
    const rank = (await screen.findByText('Rank', { selector: 'dt' })).parentElement;
    await waitFor(() => expect(rank).toHaveTextContent('down 12 ranks since yesterday'));
    const near = within(screen.getByRole('region', { name: 'Neighbours' }));
    expect(await near.findByText('new since yesterday')).toBeInTheDocument();
    expect(reads('/ranks/5', 'since=P1D')).toBe(true);
    expect(reads('/around/5', 'since=P1D')).toBe(true);
    await user.selectOptions(screen.getByLabelText('Movement'), 'live');
    await waitFor(() => expect(rank).not.toHaveTextContent('since yesterday'));
  });

  it('shows a past moment until the reader goes back', async () => {
    const { user, router, reads } = openBoard('/player/5');
    const field = await screen.findByLabelText('Look back to');
    fireEvent.change(field, { target: { value: LOCAL } });
    await user.click(screen.getByRole('button', { name: 'Show' }));
    await waitFor(() => expect(router.state.location.search).toEqual({ at: AT }));
    expect(screen.getByText(/^The board as it was on Nov 24, 2026, 12:30:00/)).toHaveAttribute('role', 'status');
    expect(await screen.findByRole('heading', { level: 1 })).toHaveTextContent('player 5');
    for (const part of ['/ranks/5', '/around/5', '/distribution']) await waitFor(() => expect(reads(part, `at=${AT}`)).toBe(true));
    await user.click(screen.getByRole('button', { name: 'Back to now' }));
    await waitFor(() => expect(router.state.location.search).toEqual({}));
    expect(field).toHaveFocus();
  });

  it('names a player without a score at the moment, with the way back', async () => {
    openBoard(`/player/${PLAYERS + 1}?at=${AT}`);
    expect(await screen.findByRole('heading', { level: 1 })).toHaveTextContent('player 10 had no score at this moment');
    expect(await screen.findByRole('button', { name: 'Back to now' })).toBeInTheDocument();
  });

  it('opens at the moment of the leaderboard', async () => {
    const { user, router } = openBoard(`/?at=${AT}`);
    await user.click(await screen.findByRole('link', { name: 'player 1' }));
    await waitFor(() => expect(router.state.location).toMatchObject({ pathname: '/player/1', search: { at: AT } }));
  });

  it('has nothing of moments on a board without them', async () => {
    const { asked } = openBoard(`/player/5?at=${AT}&since=P1D`, { moment_days: null });
    expect(await screen.findByRole('heading', { level: 1 })).toHaveTextContent('player 5');
    expect(screen.queryByLabelText('Look back to')).not.toBeInTheDocument();
    expect(asked().at(-1)).not.toMatch(/at=|since=/);
  });
});

describe('the ranks of friends', () => {
  const FRIENDS = [1, 2, 5].map((id) => ({ id, name: `player ${id}` }));

  it('have the movement since a chosen moment', async () => {
    saveFriends(FRIENDS);
    const { user, router } = openBoard('/friends');
    expect(await screen.findByRole('link', { name: 'player 1' })).toBeInTheDocument();
    await user.selectOptions(await screen.findByLabelText('Movement'), 'since yesterday');
    await waitFor(() => expect(router.state.location.search).toEqual({ since: 'P1D' }));
    await waitFor(() => expect(screen.getByRole('row', { name: /player 5/ })).toHaveTextContent('down 12 ranks since yesterday'));
    expect(screen.getByRole('row', { name: /player 1/ })).toHaveTextContent('up 3 ranks since yesterday');
  });

  it('are shown at a past moment', async () => {
    saveFriends(FRIENDS);
    const { reads } = openBoard(`/friends?at=${AT}`);
    expect(await screen.findByText(/^The board as it was on Nov 24, 2026, 12:30:00/)).toBeInTheDocument();
    expect(await screen.findByRole('link', { name: 'player 5' })).toBeInTheDocument();
    expect(reads('/ranks/lookup', `at=${AT}`)).toBe(true);
  });

  it('are live only on a board without moments', async () => {
    saveFriends(FRIENDS);
    const { reads } = openBoard(`/friends?at=${AT}&since=P1D`, { moment_days: null });
    expect(await screen.findByRole('link', { name: 'player 5' })).toBeInTheDocument();
    await waitFor(() => expect(screen.queryByText(/since yesterday/)).not.toBeInTheDocument());
    expect(screen.queryByLabelText('Look back to')).not.toBeInTheDocument();
    expect(reads('/top', 'at=')).toBe(false);
  });
});

describe('the moments to compare with', () => {
  const CURRENT = [
    { kind: 'daily', starts_at: '2026-11-25T00:00:00.000Z' },
    { kind: 'weekly', starts_at: '2026-11-23T00:00:00.000Z' },
    { kind: 'monthly', starts_at: '2026-11-01T00:00:00.000Z' },
    { kind: 'season', starts_at: '2026-10-01T00:00:00.000Z' },
  ] as const;
  const RULES = { moment_days: 30, moments_since: '2026-01-01T00:00:00.000Z', frozen_at: null };

  function choices(rules: object, period: string | null, segment: string | null = null) {
    const shown = { ...RULES, periods: ['all-time' as const], ...rules };
    const current = CURRENT.filter(({ kind }) => (shown.periods as string[]).includes(kind));
    return sinceChoices(shown, { period, segment }, current, NOW);
  }

  it.each([
    [{ moment_days: null, periods: ['all-time', 'daily'] }, null, []],
    [{}, null, ['P1D', 'P7D']],
    [{ periods: ['all-time', 'monthly', 'daily'] }, 'current', ['P1D', 'P7D', 'daily', 'monthly']],
    [{ moment_days: 24, periods: ['all-time', 'monthly', 'daily'] }, null, ['P1D', 'P7D', 'daily']],
    [{ periods: ['all-time', 'season', 'weekly'] }, 'weekly', ['P1D']],
    [{ moment_days: 90, periods: ['all-time', 'season', 'daily'] }, null, ['P1D', 'P7D', 'daily', 'season']],
    [{ moment_days: 1, periods: ['all-time', 'daily'] }, null, ['daily']],
    [{ periods: ['daily', 'all-time'] }, null, []],
    [{ periods: ['all-time', 'weekly'] }, '2026-W48', []],
  ] as const)('%j in period %j are %j', (rules, period, expected) => {
    expect(choices(rules, period)).toEqual(expected);
  });

  it.each([
    ['an hour ago', '2026-11-25T11:00:00.000Z', []],
    ['last night', '2026-11-24T23:00:00.000Z', ['daily']],
    ['two days ago', '2026-11-23T11:00:00.000Z', ['P1D', 'daily']],
    ['never', null, []],
  ])('of a board whose moments began %s can be read', (_, since, expected) => {
    expect(choices({ moments_since: since, periods: ['all-time', 'daily', 'weekly'] }, null)).toEqual(expected);
  });

  it('within a segment begin with the segments', () => {
    const board = { ...RULES, moment_segments_since: '2026-11-24T11:00:00.000Z' };
    expect(choices(board, null)).toEqual(['P1D', 'P7D']);
    expect(choices(board, null, 'country:FI')).toEqual(['P1D']);
    expect(choices({ ...board, moment_segments_since: null }, null, 'country:FI')).toEqual([]);
  });

  it('of a frozen board are kept beyond the retention', () => {
    const board = { ...RULES, moment_days: 1 };
    expect(firstMoment({ ...board, frozen_at: '2026-11-20T00:00:00.000Z' }, null, NOW)).toBe(Date.parse('2026-11-20T00:00:00.000Z'));
    expect(firstMoment(board, null, NOW)).toBe(Date.parse('2026-11-24T12:00:00.000Z'));
  });

  it.each([
    [{ since: 'P1D' }, { since: 'P1D' }],
    [{ since: 'all-time' }, {}],
    [{ since: 7 }, {}],
    [{ at: '2026-11-24T12:30:00.000Z' }, { at: '2026-11-24T12:30:00.000Z' }],
    [{ at: '2026-11-24T12:30Z', since: 'daily' }, { at: '2026-11-24T12:30Z', since: 'daily' }],
    [{ at: '2026-11-24T12:30' }, {}],
    [{ at: '2026-13-24T12:30:00Z' }, {}],
    [{ at: 2026 }, {}],
  ])('%j in the address are %j', (search, parsed) => {
    expect(parseMoments(search)).toEqual(parsed);
  });
});
