import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { open } from './page';
import { aBoard, board, entry, serve } from './server';

const BOARDS = [aBoard('default', { name: 'All games' }), aBoard('laps', { name: 'Fastest laps', unit: 'ms' })];

function serveBoards() {
  const usual = board(500);
  return serve((url, init) => {
    if (url.pathname === '/api/boards') return { body: { boards: BOARDS } };
    if (!url.pathname.startsWith('/api/boards/laps/top')) return usual(url, init);
    return { body: { entries: [entry(1, { score: 83_456, metadata: { car: 'Falcon' } })], total: 1 } };
  });
}

describe('boards', () => {
  it('are chosen from a list, and stay chosen from page to page', async () => {
    const { asked } = serveBoards();
    const { user, router } = open('/');
    await user.selectOptions(await screen.findByLabelText('Board'), 'Fastest laps');
    expect(await screen.findByRole('heading', { level: 1, name: 'Fastest laps' })).toBeInTheDocument();
    expect(router.state.location.search).toEqual({ board: 'laps' });
    const podium = await screen.findByRole('list', { name: 'The first three' });
    expect(await within(podium).findByText('1:23.456')).toBeInTheDocument();
    await user.click(within(podium).getByRole('link'));
    await waitFor(() => expect(asked()).toContain('/api/boards/laps/ranks/1'));
    expect(router.state.location.search).toEqual({ board: 'laps' });
  });

  it('have periods, of which one is looked at', async () => {
    const usual = board(500);
    const weekly = aBoard('default', { periods: ['weekly', 'all-time'] });
    const { asked } = serve((url, init) =>
      url.pathname === '/api/boards' ? { body: { boards: [weekly] } } : usual(url, init),
    );
    const { user, router } = open('/?rank=9');
    const picker = await screen.findByLabelText('Period');
    expect(picker).toHaveDisplayValue('This week');
    await user.selectOptions(picker, 'All time');
    await waitFor(() => expect(asked()).toContain('/api/boards/default/top?limit=8&period=all-time'));
    expect(router.state.location.search).toEqual({ period: 'all-time' });
    await user.selectOptions(picker, 'This week');
    await waitFor(() => expect(router.state.location.search).toEqual({}));
  });

  it('show the subscore where they have one', async () => {
    const usual = board(500);
    const laps = aBoard('default', { subscore_order: 'desc' });
    serve((url, init) => {
      if (url.pathname === '/api/boards') return { body: { boards: [laps] } };
      if (!url.pathname.endsWith('/page')) return usual(url, init);
      return { body: { entries: [entry(1), entry(2), entry(3), entry(4, { subscore: 4_321 })], total: 500, next: null, previous: null } };
    });
    open('/');
    const ranks = await screen.findByRole('region', { name: /^Players from/ });
    expect(await within(ranks).findByText('subscore 4,321')).toBeInTheDocument();
  });

  it('show the tiebreakers where they have some', async () => {
    const usual = board(500);
    const tiebreakers = [{ name: 'time_ms', order: 'asc' as const, min: 0, max: 9_999_999 }];
    const laps = aBoard('default', { tiebreakers });
    serve((url, init) => {
      if (url.pathname === '/api/boards') return { body: { boards: [laps] } };
      if (!url.pathname.endsWith('/page')) return usual(url, init);
      const last = entry(4, { tiebreakers: { time_ms: 61_250, deaths: 2 } });
      return { body: { entries: [entry(1), entry(2), entry(3), last], total: 500, next: null, previous: null } };
    });
    open('/');
    const ranks = await screen.findByRole('region', { name: /^Players from/ });
    expect(await within(ranks).findByText('time ms 61,250, deaths 2')).toBeInTheDocument();
  });

  it('are named by the address', async () => {
    const { asked } = serveBoards();
    open('/?board=laps');
    expect(await screen.findByText('1:23.456', { exact: false })).toBeInTheDocument();
    expect(asked().some((url) => url.includes('/default/'))).toBe(false);
  });

  it('need no list where there is one', async () => {
    serve(board(5));
    open('/');
    expect(await screen.findByRole('heading', { level: 1, name: 'Leaderboard' })).toBeInTheDocument();
    await screen.findByRole('list', { name: 'The first three' });
    expect(screen.queryByLabelText('Board')).not.toBeInTheDocument();
  });

  it('leave the board alone where the address names none', async () => {
    const { asked } = serveBoards();
    open('/?board=No%20Board');
    await screen.findByRole('list', { name: 'The first three' });
    expect(asked()).toContain('/api/boards/default/top?limit=8');
  });
});
