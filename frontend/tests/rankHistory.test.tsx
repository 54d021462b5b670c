import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { open } from './page';
import { aBoard, board, serve } from './server';

const DAYS = [
  { day: '2026-11-21', at: '2026-11-21T23:59:59.999Z', rank: 4, score: 70, total: 9 },
  { day: '2026-11-22', at: '2026-11-22T23:59:59.999Z', rank: null, score: null, total: null },
  { day: '2026-11-23', at: '2026-11-23T12:00:00.000Z', rank: 2, score: 90, total: 9 },
];

function openPlayer(momentDays: number | null) {
  const requested: string[] = [];
  serve((url, init) => {
    if (url.pathname === '/api/boards') return { body: { boards: [aBoard('default', { moment_days: momentDays })] } };
    if (!url.pathname.includes('/rank-history/')) return board(9)(url, init);
    requested.push(url.pathname + url.search);
    return { body: { board: 'default', period: 'all-time', user_id: 3, ranks: DAYS } };
  });
  return { requested, ...open('/player/3') };
}

describe('the ranks of a player over time', () => {
  it('are a line with a table', async () => {
    const { user, requested } = openPlayer(30);
    const region = await screen.findByRole('region', { name: 'Rank over time' });
    expect(within(region).getByRole('img', { name: 'The rank went from 4 to 2 in 2 days.' })).toBeInTheDocument();
    await user.click(within(region).getByText('Show the ranks'));
    expect(within(region).getAllByRole('row')).toHaveLength(3);
    expect(requested[0]).toContain('/api/boards/default/rank-history/3?');
  });

  it('are absent on a board without moments', async () => {
    const { requested } = openPlayer(null);
    expect(await screen.findByText('player 3', { exact: false })).toBeInTheDocument();
    expect(requested).toEqual([]);
  });
});
