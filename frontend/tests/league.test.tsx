import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import type { LeagueGroup } from '../src/api/types';
import { open } from './page';
import { aBoard, board, entry, serve } from './server';

const RULES = {
  period: 'weekly' as const,
  divisions: ['Gold', 'Silver'],
  group_size: 4,
  entry: 'Silver',
  promotion: { places: 1 },
  relegation: { places: 1 },
  inactive: 'stay' as const,
  assignment: 'arrival' as const,
};
const GROUP: LeagueGroup = {
  board: 'default',
  period: '2026-W48',
  state: 'open',
  starts_at: '2026-11-23T00:00:00.000Z',
  ends_at: new Date(Date.now() + 26 * 3_600_000).toISOString(),
  left_ms: 26 * 3_600_000,
  divisions: RULES.divisions,
  user_id: 2,
  division: 'Silver',
  group: 3,
  group_rank: 2,
  group_total: 3,
  division_rank: 12,
  division_total: 40,
  rank: 2,
  total: 5,
  movement: 'stayed',
  next_division: 'Silver',
  promoted: 1,
  relegated: 1,
  entries: [1, 2, 3].map((id) => ({
    ...entry(id),
    group_rank: id,
    movement: (['promoted', 'stayed', 'relegated'] as const)[id - 1] ?? 'stayed',
  })),
  as_of: '2026-11-24T12:00:00.000Z',
};

function openLeague(change: Partial<LeagueGroup> | null) {
  const usual = board(5);
  const asked: string[] = [];
  serve((url, init) => {
    if (url.pathname === '/api/boards') return { body: { boards: [aBoard('default', { league: RULES, periods: ['all-time', 'weekly'] })] } };
    if (url.pathname.includes('/league/')) {
      asked.push(url.pathname);
      if (change === null) return { status: 404, body: { error: { code: 'not_ranked', message: 'no score', details: {} } } };
      return { body: { ...GROUP, ...change } };
    }
    return usual(url, init);
  });
  open('/player/2');
  return asked;
}

describe('the league of a player', () => {
  it('shows the group with its lines and the time left', async () => {
    openLeague({});
    const league = await screen.findByRole('region', { name: 'League: Silver, group 3' });
    expect(league).toHaveTextContent('Rank 12 of 40 in the division. ');
    expect(league).toHaveTextContent(/1 ?d/);
    const lines = within(league).getAllByRole('listitem').map(({ textContent }) => textContent);
    expect(lines).toHaveLength(5);
    expect(lines[1]).toBe('▲ Promotion above this line');
    expect(lines[3]).toBe('▼ Relegation below this line');
    expect(within(league).getAllByRole('listitem')[2]).toHaveAttribute('aria-current', 'true');
  });

  it.each([
    ['settled', 'Promoted to Gold'],
    ['waiting', 'The groups open soon. Scores count already.'],
    ['closing', 'The period has ended. The final ranks follow soon.'],
  ] as const)('says the state of a period that is %s', async (state, words) => {
    openLeague({ state, movement: 'promoted', next_division: 'Gold' });
    expect(await screen.findByText(words, { exact: false })).toBeInTheDocument();
  });

  it('is absent for a player without a group', async () => {
    const asked = openLeague(null);
    await waitFor(() => expect(asked).toHaveLength(1));
    expect(await screen.findByRole('heading', { level: 1 })).toBeInTheDocument();
    expect(screen.queryByText(/^League/)).not.toBeInTheDocument();
  });
});
