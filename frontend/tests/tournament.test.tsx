import { screen, waitFor, within } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';

import type { Bracket, Entrant, Tournament } from '../src/api/types';
import { saveMe } from '../src/me/me';
import { open } from './page';
import { aBoard, board, entry, refusal, serve } from './server';

const HOUR = 3_600_000;
const soon = (ms: number) => new Date(Date.now() + ms).toISOString();

function aTournament(change: Partial<Tournament> = {}): Tournament {
  return {
    board: 'default',
    period: 'all-time',
    state: 'open',
    starts_at: soon(-HOUR),
    ends_at: soon(2 * HOUR - 30_000),
    late_until: soon(2 * HOUR),
    settled_at: soon(3 * HOUR),
    next_starts_at: null,
    join_required: true,
    entrants: 12,
    max_entrants: 100,
    max_attempts: 3,
    attempt_window_s: null,
    bracket_size: null,
    now: soon(0),
    ...change,
  };
}

const ENTRANT: Entrant = {
  board: 'default',
  period: 'all-time',
  user_id: 7,
  joined_at: soon(-HOUR),
  number: 12,
  bracket: null,
  attempts: 1,
  attempts_left: 2,
  window_ends_at: null,
};

const BRACKET: Bracket = {
  board: 'default',
  period: 'all-time',
  state: 'open',
  bracket: 3,
  brackets: 5,
  bracket_size: 4,
  entries: [
    { ...entry(41), bracket_rank: 1 },
    { ...entry(56), bracket_rank: 2 },
  ],
  missing: [12],
  total: 80,
  as_of: soon(0),
};

/** Serve a board that is a tournament. Return the headers of requests to join. */
function serveTournament(tournament: Tournament, entrant: Entrant | null = null) {
  const usual = board(3);
  const joins: (string | undefined)[] = [];
  let joined = entrant;
  serve((url, init) => {
    if (url.pathname === '/api/boards') {
      return { body: { boards: [aBoard('default', { open_to_players: true, tournament: { starts_at: null } as never })] } };
    }
    if (url.pathname.endsWith('/tournament')) return { body: tournament };
    if (url.pathname.endsWith('/tournament/brackets/3')) return { body: BRACKET };
    if (url.pathname.endsWith('/tournament/entrants/7')) {
      if (init.method === 'PUT') {
        joins.push((init.headers as Record<string, string>).Authorization);
        joined = ENTRANT;
      }
      return joined ? { body: joined } : refusal(404, 'entrant_not_found', 'not joined');
    }
    return usual(url, init);
  });
  return joins;
}

afterEach(() => saveMe(null));

describe('a tournament', () => {
  it('shows its state, the time left and its entrants', async () => {
    serveTournament(aTournament());
    open('/');
    const panel = await screen.findByRole('region', { name: 'Tournament' });
    expect(panel).toHaveTextContent('Tournament: Open');
    expect(panel).toHaveTextContent('Ends in 2h, 12 of 100 places taken');
    expect(within(panel).queryByRole('button')).not.toBeInTheDocument();
  });

  it('shows when the next one starts', async () => {
    serveTournament(aTournament({ state: 'settled', max_entrants: null, next_starts_at: soon(24 * HOUR) }));
    open('/');
    expect(await screen.findByRole('region', { name: 'Tournament' })).toHaveTextContent('Final');
    expect(screen.getByText(/The next one starts in 1d, 12 joined/)).toBeInTheDocument();
  });

  it('lets the reader join with a token, and shows the attempts left', async () => {
    saveMe({ id: 7, name: 'Ada' });
    const joins = serveTournament(aTournament());
    const { user } = open('/');
    await user.click(await screen.findByRole('button', { name: 'Join' }));
    await user.type(screen.getByLabelText('Your player token'), 'secret');
    await user.click(screen.getByRole('button', { name: 'Join' }));
    await waitFor(() => expect(joins).toEqual(['Bearer secret']));
    expect(await screen.findByText(/You have joined. 2 attempts left./)).toBeInTheDocument();
  });

  it('shows the ranks in the bracket of the reader', async () => {
    saveMe({ id: 7, name: 'Ada' });
    serveTournament(aTournament({ bracket_size: 4 }), { ...ENTRANT, bracket: 3 });
    open('/');
    const bracket = await screen.findByRole('region', { name: 'Bracket 3 of 5' });
    const rows = within(bracket).getAllByRole('listitem');
    expect(rows.map((row) => row.textContent.trim()[0])).toEqual(['1', '2']);
  });

  it('offers no place when there is none', async () => {
    saveMe({ id: 7, name: 'Ada' });
    serveTournament(aTournament({ entrants: 100 }));
    open('/');
    expect(await screen.findByText(/100 of 100 places taken/)).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Join' })).not.toBeInTheDocument();
  });
});
