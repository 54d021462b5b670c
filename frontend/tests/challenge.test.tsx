import { screen, waitFor, within } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';

import type { Challenge } from '../src/api/types';
import { saveSession } from '../src/friends/session';
import { saveMe } from '../src/me/me';
import { open } from './page';
import { board, entry, refusal, serve } from './server';

const HOUR = 3_600_000;
const INVITATION = 'q3vK0mZ8Tn2aYx5Jr7Lw1Q';
const LINK = `/friends?challenge=${INVITATION}`;
const soon = (ms: number) => new Date(Date.now() + ms).toISOString();

function aChallenge(change: Partial<Challenge> = {}): Challenge {
  return {
    invitation: INVITATION,
    board: 'default',
    state: 'open',
    starts_at: soon(-HOUR),
    ends_at: soon(2 * HOUR - 30_000),
    late_until: soon(2 * HOUR),
    settled_at: soon(3 * HOUR),
    players: 3,
    max_players: 4,
    entries: [entry(1), entry(2)],
    unscored: [{ user_id: 9, username: 'nora' }],
    now: soon(0),
    ...change,
  };
}

/**
 * Serve a challenge that player 7 may join with the token. Return the `Authorization` headers of the requests to join.
 */
function serveChallenge(challenge: Challenge | null, token = 'secret') {
  const usual = board(3);
  const joins: (string | undefined)[] = [];
  let current = challenge;
  serve((url, init) => {
    if (!url.pathname.startsWith(`/api/challenges/${INVITATION}`)) return usual(url, init);
    if (init.method === 'PUT' && current) {
      const { Authorization } = init.headers as Record<string, string>;
      joins.push(Authorization);
      if (Authorization !== `Bearer ${token}`) return refusal(401, 'unauthenticated', 'no');
      current = { ...current, players: 4, unscored: [...current.unscored, { user_id: 7, username: 'me' }] };
    }
    return current ? { body: current } : refusal(404, 'challenge_not_found', 'no challenge');
  });
  return joins;
}

afterEach(() => {
  saveMe(null);
  saveSession(null);
});

const panel = () => screen.findByRole('region', { name: 'Challenge' });
const players = async () => within(within(await panel()).getByRole('list')).getAllByRole('listitem').length;

describe('the link of a challenge', () => {
  it('shows the time left, the places and the players', async () => {
    serveChallenge(aChallenge());
    open(LINK);
    const shown = await panel();
    expect(shown).toHaveTextContent('Challenge: Open');
    expect(shown).toHaveTextContent('Ends in 2h, 3 of 4 places taken');
    expect(await players()).toBe(3);
    expect(within(shown).getByText('nora')).toBeInTheDocument();
    expect(shown).toHaveTextContent('choose “This is me” to join');
  });

  it('lets the reader join with a token', async () => {
    saveMe({ id: 7, name: 'me' });
    const joins = serveChallenge(aChallenge());
    const { user } = open(LINK);
    await user.type(await screen.findByLabelText('Player token of me', { selector: 'section *' }), 'secret');
    await user.click(screen.getByRole('button', { name: 'Join' }));
    await waitFor(async () => expect(await players()).toBe(4));
    expect(joins).toEqual(['Bearer secret']);
    expect(screen.queryByRole('button', { name: 'Join' })).toBeNull();
  });

  it('uses the session, and shows a refusal', async () => {
    saveMe({ id: 7, name: 'me' });
    saveSession({ id: 7, token: 'expired' });
    const joins = serveChallenge(aChallenge());
    const { user } = open(LINK);
    await user.click(await screen.findByRole('button', { name: 'Join as me' }));
    expect(await within(await panel()).findByRole('alert')).toBeInTheDocument();
    expect(joins).toEqual(['Bearer expired']);
  });

  it('offers no place of a settled challenge', async () => {
    saveMe({ id: 7, name: 'me' });
    serveChallenge(aChallenge({ state: 'settled', ends_at: soon(-HOUR) }));
    open(LINK);
    expect(await panel()).toHaveTextContent('Challenge: Final3 of 4 places taken');
    expect(screen.queryByRole('button', { name: 'Join' })).toBeNull();
  });

  it('tells when the challenge is gone', async () => {
    serveChallenge(null);
    open(LINK);
    expect(await screen.findByText(/does not exist any more/)).toBeInTheDocument();
  });
});
