import { act, screen, waitFor, within } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';

import { setAdminKey } from '../src/api/adminKey';
import { randomId } from '../src/api/randomId';
import { parseModerated } from '../src/console/moderation/search';
import { runsIn, withRemoved, type Run } from '../src/console/moderation/runs';
import { undoOf } from '../src/console/moderation/undo';
import { open } from './page';
import { aBoard, board, entry, refusal, serve } from './server';

const ADA = { user_id: 7, username: 'ada', created_at: '2026-11-23T12:00:00.000Z' };
const LAPS = aBoard('laps', { name: 'Fastest laps', policy: 'best', order: 'asc', unit: 'ms' });
const SCORES = [83_456, 61_000, 90_000];

interface Event {
  readonly submission_id: string;
  readonly score: number;
  readonly achieved_at: string;
  board: string;
  counts: boolean;
}

interface Options {
  readonly hiddenBy?: readonly string[];
}

/** Open a page of the console. Its API stores three runs of one player, which can be removed and restored. */
function openConsole(path: string, { hiddenBy = [] }: Options = {}) {
  const events: Event[] = SCORES.map((score, at) => ({
    submission_id: `0c7c1f5e-4a39-4d1c-9d0e-1a2b3c4d5e6${at}`,
    score,
    achieved_at: `2026-11-2${at + 1}T12:00:00.000Z`,
    board: 'laps',
    counts: true,
  }));
  let causes = [...hiddenBy];
  const sent: { method: string; path: string; body: unknown }[] = [];
  const usual = board(5);
  serve((url, init) => {
    const { method = 'GET' } = init;
    if (method !== 'GET' && !url.pathname.endsWith('/lookup')) {
      const body: unknown = init.body === undefined ? undefined : JSON.parse(init.body as string);
      sent.push({ method, path: url.pathname + url.search, body });
    }
    const counting = events.filter(({ counts }) => counts);
    const submission = /\/submissions\/([^/]+)/.exec(url.pathname)?.[1];
    if (submission !== undefined) {
      for (const event of events) if (event.submission_id === submission) event.counts = url.pathname.endsWith('/restore');
      return { body: { user_id: 7, entries: [] } };
    }
    if (url.pathname.endsWith('/unhide')) {
      causes = causes.filter((cause) => cause !== (url.pathname.startsWith('/api/users') ? 'player' : 'entry'));
      return { body: { user_id: 7, entries: [{}] } };
    }
    switch (url.pathname) {
      case '/api/boards':
        return { body: { boards: [aBoard('default'), LAPS] } };
      case '/api/users':
        return { body: { users: 'ada'.startsWith(url.searchParams.get('search') ?? '') ? [ADA] : [] } };
      case '/api/users/7':
        return { body: ADA };
      case '/api/users/7/export':
        return { body: { player: ADA, standings: [], events } };
      case '/api/boards/laps/ranks/7':
        if (counting.length === 0) return refusal(404, 'not_ranked', 'no entry');
        return { body: { ...entry(1, { ...ADA, score: Math.min(...counting.map(({ score }) => score)), submissions: counting.length }), total: 5 } };
      case '/api/boards/laps/history/7': {
        const points = counting.map((event) => ({ at: event.achieved_at, submission_id: event.submission_id, submitted: event.score, score: event.score }));
        return { body: { board: 'laps', user_id: 7, points, periods: [], previous: null } };
      }
      case '/api/boards/laps/entries/7': {
        if (method === 'DELETE') for (const event of events) event.counts = false;
        return { body: { user_id: 7, entries: [{}] } };
      }
      case '/api/boards/laps/ranks/lookup': {
        const { user_ids: ids } = JSON.parse(init.body as string) as { user_ids: number[] };
        const ranked = ids.includes(7) && counting.length > 0;
        return { body: { entries: ranked ? [{ ...entry(1, { ...ADA, score: 61_000 }), rank_among: 1 }] : [], missing: [], total: 45 } };
      }
      case '/api/boards/laps/page':
        return board(45)(url, init);
      case '/api/boards/laps/hidden':
      case '/api/boards/default/hidden':
        return { body: { entries: causes.length > 0 ? [{ ...entry(1, ADA), hidden_by: causes }] : [], next: null } };
      default:
        return usual(url, init);
    }
  });
  act(() => setAdminKey('admin-key'));
  return { sent, events, ...open(path, { console: true }) };
}

afterEach(() => setAdminKey(null));

describe('a player to moderate', () => {
  it('is found by name, and the address keeps the choice', async () => {
    const { user, router } = openConsole('/console/moderation?board=laps');
    const entries = await screen.findByRole('region', { name: 'Entries' });
    expect(screen.getByText('Choose a player')).toBeInTheDocument();
    await user.type(within(entries).getByLabelText('Name or id'), 'adx');
    expect(await screen.findByText('No player is found for “adx”.')).toBeInTheDocument();
    await user.type(within(entries).getByLabelText('Name or id'), '{Backspace}');
    await user.click(await within(entries).findByRole('button', { name: 'Open ada' }));
    const chosen = await screen.findByRole('region', { name: 'Chosen player' });
    expect(await within(chosen).findByRole('link', { name: 'ada' })).toBeInTheDocument();
    expect(within(chosen).getByRole('heading')).toHaveFocus();
    expect(router.state.location.search).toEqual({ board: 'laps', player: 7 });
    expect(await screen.findByText('1:01.000', { selector: 'dd' })).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Apply' })).toHaveAccessibleDescription('Enter a reason.');
    await user.type(screen.getByLabelText('Reason'), 'impossible');
    expect(screen.getByRole('button', { name: 'Apply' })).toBeEnabled();
    await user.click(screen.getByRole('button', { name: 'Close' }));
    expect(router.state.location.search).toEqual({ board: 'laps' });
  });

  it('is listed in the order of ranks, page by page', async () => {
    const { user } = openConsole('/console/moderation?board=laps');
    const entries = await screen.findByRole('region', { name: 'Entries' });
    const first = () => within(entries).getAllByRole('rowheader')[0];
    expect(await within(entries).findByText('45 entries in the current period')).toBeInTheDocument();
    expect(first()).toHaveTextContent('player 1');
    expect(within(entries).getByRole('button', { name: 'Previous' })).toBeDisabled();
    await user.click(within(entries).getByRole('button', { name: 'Next' }));
    await user.click(within(entries).getByRole('button', { name: 'Next' }));
    await waitFor(() => expect(first()).toHaveTextContent('player 41'));
    expect(within(entries).getByText('41 to 45')).toBeInTheDocument();
    expect(within(entries).getByRole('button', { name: 'Next' })).toBeDisabled();
    await user.click(within(entries).getByRole('button', { name: 'Previous' }));
    await waitFor(() => expect(first()).toHaveTextContent('player 21'));
  });

  it('is linked from the rows of a board and from the list of players, for operators only', async () => {
    const { user, router } = openConsole('/console/players');
    await user.type(await screen.findByLabelText('Name or id'), 'ad');
    await user.click(await screen.findByRole('link', { name: 'Moderate ada' }));
    expect(router.state.location).toMatchObject({ pathname: '/console/moderation', search: { player: 7 } });
    await act(() => router.navigate({ to: '/', search: { board: 'laps' } }));
    const [link] = await screen.findAllByRole('link', { name: 'Moderate player 2' });
    await user.click(link ?? document.body);
    expect(router.state.location).toMatchObject({ pathname: '/console/moderation', search: { board: 'laps', player: 2 } });
    await act(() => router.navigate({ to: '/' }));
    act(() => setAdminKey(null));
    expect(await screen.findByRole('list', { name: 'The first three' })).toBeInTheDocument();
    expect(screen.queryByRole('link', { name: /Moderate/ })).not.toBeInTheDocument();
  });

  it.each([
    [{ player: '7' }, { player: 7 }],
    [{ player: -7 }, { player: -7 }],
    [{ player: 'ada' }, {}],
    [{ player: 1.5 }, {}],
    [{}, {}],
  ])('%j in the address is %j', (search, parsed) => {
    expect(parseModerated(search)).toEqual(parsed);
  });
});

describe('an action', () => {
  it('is undone by its opposite', async () => {
    const { user, sent } = openConsole('/console/moderation?board=laps&player=7');
    await user.selectOptions(await screen.findByLabelText('Action'), 'Remove the entry from this board');
    await user.type(screen.getByLabelText('Reason'), 'a patched client{Enter}');
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Remove' }));
    expect(await screen.findByText('Done: 1 entry changed.')).toBeInTheDocument();
    expect(await screen.findByText('The player has no ranked entry in the current period of this board.')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Undo' }));
    expect(await screen.findByText('Undone.')).toBeInTheDocument();
    expect(await screen.findByText('1:01.000', { selector: 'dd' })).toBeInTheDocument();
    expect(sent.map(({ path }) => path.replace(/.*submissions/, ''))).toEqual([
      '/api/boards/laps/entries/7?reason=a+patched+client',
      ...[0, 1, 2].map((at) => `/0c7c1f5e-4a39-4d1c-9d0e-1a2b3c4d5e6${at}/restore`),
    ]);
  });

  it.each([
    [{ act: 'hide-entry' as const }, ['POST /api/boards/laps/entries/7/unhide']],
    [{ act: 'unhide-player' as const }, ['POST /api/users/7/hide']],
    [
      { act: 'set' as const, score: 5, submissionId: 's' },
      ['POST /api/boards/laps/entries/7/submissions/a/restore', 'DELETE /api/boards/laps/entries/7/submissions/s?reason=the+action+was+undone+in+the+console'],
    ],
  ])('%j has an undo', (action, requests) => {
    const draft = { board: 'laps', userId: 7, reason: 'odd', ...action };
    expect(undoOf(draft, ['a']).map(({ method, path }) => `${method} ${path}`)).toEqual(requests);
  });

  it('has a random id', () => {
    const ids = Array.from({ length: 100 }, randomId);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(ids).size).toBe(100);
  });
});

describe('a run', () => {
  it('is removed for a reason, and restored in its place', async () => {
    const { user, sent, events } = openConsole('/console/moderation?board=laps&player=7');
    const runs = await screen.findByRole('region', { name: 'Submissions' });
    await user.click(await within(runs).findByRole('button', { name: 'Remove this run 1:01.000' }));
    const dialog = screen.getByRole('dialog', { name: 'Remove this run?' });
    expect(dialog).toHaveTextContent('The run of ada with the score 1:01.000 stops counting.');
    expect(await within(dialog).findByText('Submissions')).toBeInTheDocument();
    expect(within(dialog).getByRole('button', { name: 'Remove' })).toHaveAccessibleDescription('Enter a reason.');
    await user.type(within(dialog).getByLabelText('Reason'), 'cut the corner{Enter}');
    await user.click(await within(runs).findByRole('button', { name: 'Restore 1:01.000' }));
    expect(sent[0]).toEqual({
      method: 'DELETE',
      path: `/api/boards/laps/entries/7/submissions/${events[1]?.submission_id}?reason=cut+the+corner`,
      body: undefined,
    });
    expect(await within(runs).findByRole('button', { name: 'Remove this run 1:01.000' })).toBeInTheDocument();
    expect(within(runs).getAllByRole('listitem').map((row) => row.querySelector('p')?.textContent)).toEqual(['1:30.000', '1:01.000', '1:23.456']);
    expect(sent[1]).toMatchObject({ method: 'POST', path: `/api/boards/laps/entries/7/submissions/${events[1]?.submission_id}/restore` });
  });

  it('of an earlier visit is found among the removed ones', async () => {
    const { user, events } = openConsole('/console/moderation?board=laps&player=7');
    const runs = await screen.findByRole('region', { name: 'Submissions' });
    await user.click(await within(runs).findByRole('button', { name: 'Show removed runs' }));
    expect(await screen.findByText('No run of this player was removed from this board.')).toBeInTheDocument();
    for (const event of events.slice(0, 2)) event.counts = false;
    events.slice(0, 1).forEach((event) => (event.board = 'default'));
    await user.click(within(runs).getByRole('button', { name: 'Show removed runs' }));
    expect(await within(runs).findByRole('button', { name: 'Restore 1:01.000' })).toBeInTheDocument();
    expect(within(runs).queryByRole('button', { name: 'Restore 1:23.456' })).not.toBeInTheDocument();
  });

  it('is listed once, newest first, whether it counts or not', () => {
    const run = (id: string, day: number, removed = false): Run => ({ id, at: `2026-11-0${day}T12:00:00.000Z`, score: day, removed });
    const shown = withRemoved([run('c', 3), run('b', 2)], [run('b', 2, true), run('d', 4, true)]);
    expect(shown.map(({ id, removed }) => [id, removed])).toEqual([
      ['d', true],
      ['c', false],
      ['b', true],
    ]);
    expect(runsIn([])).toEqual([]);
  });
});

describe('a hidden entry', () => {
  it('is shown again from the list, whatever hid it', async () => {
    const { user, sent } = openConsole('/console/moderation?board=laps', { hiddenBy: ['entry', 'player'] });
    await user.click(await screen.findByRole('button', { name: 'Unhide ada' }));
    const dialog = screen.getByRole('dialog', { name: 'Unhide ada?' });
    await user.type(within(dialog).getByLabelText('Reason'), 'appeal won{Enter}');
    expect(await screen.findByText('No hidden entries')).toBeInTheDocument();
    await waitFor(() => expect(sent).toHaveLength(2));
    expect(sent).toEqual([
      { method: 'POST', path: '/api/boards/laps/entries/7/unhide', body: { reason: 'appeal won' } },
      { method: 'POST', path: '/api/users/7/unhide', body: { reason: 'appeal won' } },
    ]);
  });
});
