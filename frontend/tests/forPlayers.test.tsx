import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { saveFriends } from '../src/friends/useFriends';
import { saveMe } from '../src/me/me';
import type { Board, Entry, Period } from '../src/api/types';
import { open } from './page';
import { aBoard, board, entry, serve, type Handler } from './server';

afterEach(() => {
  saveMe(null);
  saveFriends([]);
  vi.useRealTimers();
});

/** Return a handler that answers like `board`, with these settings, first entries and periods. */
function boardOf(total: number, settings: Partial<Board> = {}, entries?: readonly Entry[], periods: readonly Period[] = []): Handler {
  const usual = board(total);
  return (url, init) => {
    if (url.pathname === '/api/boards') return { body: { boards: [aBoard('default', settings)] } };
    if (url.pathname.endsWith('/periods')) return { body: { board: 'default', periods, next: null } };
    if (entries && url.pathname.endsWith('/top')) return { body: { entries, total } };
    return usual(url, init);
  };
}

const podium = () => screen.findByRole('list', { name: 'The first three' });

describe('the head of a board', () => {
  it('says what counts, who leads, and the limits', async () => {
    serve(boardOf(5, { policy: 'best', order: 'asc', unit: 'ms', min_score: 1_000, max_score: 60_000, min_interval_ms: 30_000 }));
    open('/');
    expect(
      await screen.findByText('Each player’s best score counts; the lowest leads. Scores from 0:01.000 to 1:00.000. One score every 30 seconds.'),
    ).toBeInTheDocument();
  });

  it('says when the period ends', async () => {
    vi.useFakeTimers({ now: Date.parse('2026-11-28T01:00:00Z'), toFake: ['Date'] });
    const week = {
      period: '2026-W48',
      kind: 'weekly' as const,
      starts_at: '2026-11-23T05:00:00.000Z',
      ends_at: '2026-11-30T05:00:00.000Z',
      current: true,
      final: false,
      indexed: true,
    };
    serve(boardOf(5, { periods: ['weekly'], time_zone: 'America/New_York' }, undefined, [week]));
    open('/');
    expect(await screen.findByText(/^Ends in 2d 4h \(.*Sun 24:00 New York\)$/)).toBeInTheDocument();
  });

  it('has a general name if nobody named the first board', async () => {
    const boards = [aBoard('default', { name: 'Default' }), aBoard('laps', { name: 'Laps' })];
    const usual = board(3);
    serve((url, init) => (url.pathname === '/api/boards' ? { body: { boards } } : usual(url, init)));
    open('/');
    expect(await screen.findByRole('heading', { level: 1, name: 'Leaderboard' })).toBeInTheDocument();
    expect(await screen.findByRole('option', { name: 'Leaderboard' })).toBeInTheDocument();
    expect(screen.queryByText('Default')).not.toBeInTheDocument();
  });
});

describe('few players', () => {
  it.each([1, 2, 3])('%d of them stand on the podium, without a list', async (total) => {
    serve(boardOf(total));
    open('/');
    expect(within(await podium()).getAllByRole('listitem')).toHaveLength(total);
    expect(screen.queryByRole('heading', { name: 'All ranks' })).not.toBeInTheDocument();
  });

  it('are in a list as high as they need, without a rail', async () => {
    serve(boardOf(5));
    open('/');
    const list = await screen.findByRole('region', { name: 'Players from rank 4 to the last' });
    expect(list).toHaveStyle({ height: '128px' });
    expect(screen.queryByRole('slider')).not.toBeInTheDocument();
    expect(await within(list).findByText('player 4')).toBeInTheDocument();
    expect(within(list).queryByText('player 3')).not.toBeInTheDocument();
  });

  it('make no percentage and no distribution of one', async () => {
    const usual = board(1);
    serve((url, init) => {
      if (!url.pathname.includes('/ranks/')) return usual(url, init);
      return { body: { ...entry(1), total: 1, percentile: 100 } };
    });
    open('/player/1');
    expect(await screen.findByRole('heading', { level: 1, name: 'player 1' })).toBeInTheDocument();
    expect(screen.queryByText('Ahead of')).not.toBeInTheDocument();
    expect(screen.queryByText('Distribution of scores')).not.toBeInTheDocument();
  });
});

it('players of the same rank share the medal and the height', async () => {
  const tied = [1, 2, 3].map((id) => entry(1, { user_id: id, username: `player ${id}`, score: 5 }));
  serve(boardOf(3, {}, tied));
  open('/');
  const steps = within(await podium()).getAllByRole('listitem');
  const medals = steps.map((step) => step.querySelector('[data-medal]'));
  expect(medals.map((medal) => medal?.textContent)).toEqual(['1', '1', '1']);
  expect(new Set(medals.map((medal) => medal?.className)).size).toBe(1);
  expect(new Set(steps.map((step) => step.lastElementChild?.className)).size).toBe(1);
});

it('the podium shows every digit', async () => {
  const close = [123_456_789_012, 123_456_789_011].map((score, at) => entry(at + 1, { score }));
  serve(boardOf(2, {}, close));
  open('/');
  const steps = within(await podium()).getAllByRole('listitem');
  expect(steps[0]).toHaveTextContent('123,456,789,012');
  expect(steps[1]).toHaveTextContent('123,456,789,011');
});

describe('the reader', () => {
  it('says once who they are, and finds themselves everywhere', async () => {
    serve(board(20));
    const { user, router } = open('/player/9');
    await user.click(await screen.findByRole('button', { name: 'This is me' }));
    expect(localStorage.getItem('leaderforge.me')).toBe('{"id":9,"name":"player 9"}');
    await router.navigate({ to: '/' });
    const mine = await screen.findByRole('region', { name: 'Your rank' });
    expect(await within(mine).findByText('Rank 9 of 20')).toBeInTheDocument();
    await user.click(within(mine).getByRole('link', { name: 'Show in the list' }));
    expect(router.state.location.search).toEqual({ rank: 9 });
    const list = screen.getByRole('region', { name: /^Players from rank/ });
    await waitFor(() => expect(within(list).getByText('You').closest('[role=listitem]')).toHaveTextContent('player 9'));
    await user.click(screen.getByRole('link', { name: 'You: player 9' }));
    await user.click(await screen.findByRole('button', { name: 'This is you' }));
    expect(localStorage.getItem('leaderforge.me')).toBeNull();
  });

  it('keeps the rank in view after a change of the name', async () => {
    saveMe({ id: 9, name: 'an earlier name' });
    serve(board(20));
    open('/');
    expect(await screen.findByRole('link', { name: 'You: player 9' })).toBeInTheDocument();
  });

  it('is compared with friends', async () => {
    saveMe({ id: 2, name: 'player 2' });
    saveFriends([{ id: 1, name: 'player 1' }]);
    const usual = board(5);
    serve((url, init) => {
      if (!url.pathname.endsWith('/ranks/lookup')) return usual(url, init);
      const { user_ids: ids } = JSON.parse(init.body as string) as { user_ids: number[] };
      return { body: { entries: ids.toSorted().map((id, at) => ({ ...entry(id), rank_among: at + 1 })), missing: [], total: 5 } };
    });
    open('/friends');
    const rows = within(await screen.findByRole('table')).getAllByRole('row').slice(1);
    expect(rows.map((row) => within(row).getByRole('link').textContent)).toEqual(['player 1', 'player 2']);
    expect(rows[1]).toHaveTextContent('You');
  });

  it('is invited to say so', async () => {
    serve(board(20));
    const { user } = open('/');
    await user.click(await screen.findByRole('button', { name: 'Find me' }));
    expect(screen.getByRole('combobox', { name: 'Find a player by name or id' })).toHaveFocus();
  });
});

describe('each page names its board', () => {
  const boards = [aBoard('default', { name: 'All games' }), aBoard('laps', { name: 'Fastest laps' })];
  const usual = board(20);
  const served: Handler = (url, init) => (url.pathname === '/api/boards' ? { body: { boards } } : usual(url, init));

  it.each([
    ['/player/3?board=laps', 'player 3 - Fastest laps - Go'],
    ['/friends?board=laps', 'Friends - Fastest laps - Go'],
    ['/submit?board=laps', 'Submit a score - Fastest laps - Go'],
    ['/?board=laps', 'Fastest laps - Go'],
    ['/no/such/page', 'Page not found - Go'],
    ['/player/4000', 'Player not found - All games - Go'],
  ])('%s is titled %s', async (path, title) => {
    serve(served);
    open(path, { title: 'Go', devMode: true });
    await waitFor(() => expect(document.title).toBe(title));
  });

  it.each(['/player/3', '/friends', '/submit'])('and changes it: %s', async (path) => {
    serve(served);
    const { user, router } = open(path, { devMode: true });
    await user.selectOptions(await screen.findByLabelText('Board'), 'Fastest laps');
    expect(router.state.location.href).toBe(`${path}?board=laps`);
    expect(screen.getByLabelText('Board')).toHaveDisplayValue('Fastest laps');
  });
});

describe('the distribution', () => {
  it('is worded by the board’s order', async () => {
    serve(boardOf(101, { order: 'asc', unit: 'ms' }));
    open('/player/51');
    expect(await screen.findByText(/^Half of the players have 16:40.000 or less\./)).toBeInTheDocument();
  });

  it('is not flattened by one extreme score', async () => {
    const usual = board(301);
    const laps = { min: 60_000, max: 3_600_000, p50: 65_000, p90: 61_000, p99: 60_200 };
    const bucket = (at: number, count: number) => ({ low: 60_000 + at * 88_500, high: 60_000 + (at + 1) * 88_500 - 1, count });
    serve((url, init) => {
      if (url.pathname === '/api/boards') return { body: { boards: [aBoard('default', { order: 'asc', unit: 'ms' })] } };
      if (url.pathname.endsWith('/distribution')) {
        return { body: { buckets: Array.from({ length: 40 }, (_, at) => bucket(at, at === 0 ? 300 : Number(at === 39))), ...laps } };
      }
      if (url.pathname.includes('/percentile/')) return { body: entry(1, { score: url.pathname.endsWith('/99') ? 60_200 : 70_000 }) };
      if (url.pathname.endsWith('/range')) return { body: { entries: [], total: 10 } };
      if (url.pathname.includes('/ranks/')) return { body: { ...entry(51, { score: 65_000 }), total: 301, percentile: 83 } };
      return usual(url, init);
    });
    open('/player/51');
    expect(await screen.findByText(/The last bar holds all scores from 1:10.001 to 1:00:00.000\./)).toBeInTheDocument();
    const histogram = screen.getByRole('img', { name: /with a score from 1:05.000 to 1:05.499/ });
    expect(histogram.querySelectorAll('rect').length).toBeGreaterThan(15);
  });

  it.each([
    ['in short form', 60, ['1K', '1.5K', '2K', '2.4K', '2.9K']],
    ['exactly, if short forms would be equal', 6, ['1,000', '1,048', '1,096', '1,144', '1,192']],
  ])('names scores %s', async (_, width, labels) => {
    const usual = board(101);
    const buckets = Array.from({ length: 40 }, (_bucket, at) => ({ low: 1_000 + at * width, high: 999 + (at + 1) * width, count: 3 }));
    serve((url, init) => {
      if (!url.pathname.endsWith('/distribution')) return usual(url, init);
      return { body: { buckets, min: 1_000, max: 1_500, p50: 1_200, p90: 1_250, p99: 1_300 } };
    });
    open('/player/51');
    await screen.findByRole('img', { name: /Distribution of scores/ });
    expect(screen.getAllByText(/^[\d.,]+K?$/, { selector: 'figure div > span' }).map((label) => label.textContent)).toEqual(labels);
  });
});

it('a board names its subscore', async () => {
  serve(boardOf(3, { subscore_order: 'desc', subscore_name: 'laps led' }));
  open('/');
  expect((await screen.findAllByText(/laps led 0/)).length).toBeGreaterThan(0);
});

it('a deployment replaces the name of a subscore', async () => {
  serve(boardOf(3, { subscore_order: 'desc', subscore_name: 'laps led' }));
  open('/', { subscores: { default: 'stars' } });
  expect((await within(await podium()).findAllByText('stars 0'))[0]).toBeInTheDocument();
});

it('a deployment has its own pictures and name', async () => {
  serve(board(3));
  open('/', { title: 'Go', logo: 'https://example.org/logo.svg', hero: 'https://example.org/hero.jpg' });
  const home = await screen.findByRole('link', { name: 'Go' });
  expect(home.querySelector('img')).toHaveAttribute('src', 'https://example.org/logo.svg');
  expect(document.querySelector('main img')).toHaveAttribute('src', 'https://example.org/hero.jpg');
});

it('a deployment has pictures of its players, and initials for the others', async () => {
  serve(board(3));
  open('/', { avatars: 'https://cdn.example.org/{user_id}.png' });
  const [leader] = within(await podium()).getAllByRole('listitem');
  const picture = leader?.querySelector('img');
  expect(picture).toHaveAttribute('src', 'https://cdn.example.org/1.png');
  expect(leader).toHaveTextContent('P1');
  fireEvent.error(picture ?? document.body);
  expect(leader?.querySelector('img')).toBeNull();
});

it('a deployment has its links', async () => {
  serve(board(3));
  open('/', { links: [{ label: 'Imprint', href: 'https://example.org/imprint' }] });
  expect(await screen.findByRole('link', { name: 'Imprint' })).toHaveAttribute('href', 'https://example.org/imprint');
});

it('pages of operators are in the settings, if at all', async () => {
  serve(board(3));
  const { user } = open('/', { devMode: true, console: true });
  expect(await screen.findByRole('button', { name: 'Settings' })).toHaveAttribute('aria-expanded', 'false');
  expect(within(screen.getByRole('navigation', { name: 'Pages' })).getAllByRole('link')).toHaveLength(2);
  await user.click(screen.getByRole('button', { name: 'Settings' }));
  expect(screen.getByRole('link', { name: 'Submit' })).toBeVisible();
  await user.keyboard('{Escape}');
  expect(screen.getByRole('button', { name: 'Settings' })).toHaveAttribute('aria-expanded', 'false');
  await user.click(screen.getByRole('button', { name: 'Settings' }));
  await user.click(screen.getByRole('main'));
  expect(screen.getByRole('button', { name: 'Settings' })).toHaveAttribute('aria-expanded', 'false');
});
