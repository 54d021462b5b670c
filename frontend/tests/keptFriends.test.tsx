import { screen, waitFor, within } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';

import { Client } from '../src/api/client';
import { createQueryClient } from '../src/api/queryClient';
import { DEFAULTS } from '../src/config';
import { friendRanks } from '../src/friends/keptFriends';
import { saveSession } from '../src/friends/session';
import { saveFriends } from '../src/friends/useFriends';
import { saveMe } from '../src/me/me';
import { open } from './page';
import { board, entry, refusal, serve } from './server';

/** Return whether a player follows the reader. */
const follows = (id: number) => id % 2 === 1;

/** Serve a board of five players, and the friends of player 2. Return the authorized requests that change the friends. */
function serveFriends(kept: Set<number>, { token = 'secret', areMutual = false } = {}) {
  const usual = board(5);
  const changes: string[] = [];
  serve((url, init) => {
    const path = url.pathname;
    if (!path.includes('/friends')) return usual(url, init);
    if ((init.headers as Record<string, string>).Authorization !== `Bearer ${token}`) return refusal(401, 'unauthenticated', 'no');
    if (path === '/api/boards/default/friends/2') {
      const friends = areMutual ? [...kept].filter(follows) : [...kept];
      const ids = [...friends, 2].filter((id) => id <= 5).toSorted();
      const entries = ids.map((id, at) => ({ ...entry(id), rank_among: at + 1 }));
      return { body: { entries, friends: friends.length, ranked: ids.length, total: 5 } };
    }
    if (init.method === 'POST' || init.method === 'DELETE') {
      changes.push(`${init.method} ${path}`);
      const { user_ids: ids = [] } = JSON.parse((init.body as string | undefined) ?? '{}') as { user_ids?: number[] };
      ids.forEach((id) => kept.add(id));
      if (init.method === 'DELETE') kept.delete(Number(path.split('/').at(-1)));
      return { body: {} };
    }
    const friends = [...kept].map((id) => ({ user_id: id, username: `player ${id}`, since: '', mutual: follows(id) }));
    return { body: { user_id: 2, friends, total: kept.size, next: null } };
  });
  return changes;
}

afterEach(() => {
  saveMe(null);
  saveSession(null);
  saveFriends([]);
});

const names = async () => {
  const rows = within(await screen.findByRole('table')).getAllByRole('row').slice(1);
  return rows.map((row) => within(row).getByRole('link').textContent);
};

describe('friends that the service keeps', () => {
  it('are shown and changed after the sign-in', async () => {
    saveMe({ id: 2, name: 'player 2' });
    const changes = serveFriends(new Set([3, 9]));
    const { user } = open('/friends');
    await user.type(await screen.findByLabelText('Player token of player 2'), 'secret');
    await user.click(screen.getByRole('button', { name: 'Keep friends in the service' }));
    expect(await screen.findByText(/Signed in as player 2/)).toBeInTheDocument();
    await waitFor(async () => expect(await names()).toEqual(['player 2', 'player 3', 'player 9']));
    await user.click(screen.getByRole('button', { name: 'Remove player 3' }));
    await waitFor(async () => expect(await names()).toEqual(['player 2', 'player 9']));
    await user.type(screen.getByLabelText('Add friends by name or id'), '4');
    await user.click(screen.getByRole('button', { name: 'Add 1 friend' }));
    await waitFor(async () => expect(await names()).toEqual(['player 2', 'player 4', 'player 9']));
    expect(changes).toEqual(['DELETE /api/users/2/friends/3', 'POST /api/users/2/friends']);
    expect(localStorage.getItem('leaderforge.friends') ?? '[]').toBe('[]');
    await user.click(screen.getByRole('button', { name: 'Sign out' }));
    expect(await screen.findByText('No friends yet')).toBeInTheDocument();
    expect(sessionStorage.getItem('leaderforge.player')).toBeNull();
  });

  it('need a token that the service accepts', async () => {
    saveMe({ id: 2, name: 'player 2' });
    serveFriends(new Set());
    const { user } = open('/friends');
    await user.type(await screen.findByLabelText('Player token of player 2'), 'wrong');
    await user.click(screen.getByRole('button', { name: 'Keep friends in the service' }));
    await waitFor(() => expect(screen.getByLabelText('Player token of player 2')).toBeInvalid());
    expect(sessionStorage.getItem('leaderforge.player')).toBeNull();
  });

  it('are those of this browser again after the token has expired', async () => {
    saveFriends([{ id: 1, name: 'player 1' }]);
    saveSession({ id: 2, token: 'expired' });
    serveFriends(new Set([3]));
    open('/friends');
    await waitFor(() => expect(sessionStorage.getItem('leaderforge.player')).toBeNull());
  });

  it('who do not follow back have no rank if friends must be mutual', async () => {
    saveMe({ id: 2, name: 'player 2' });
    saveSession({ id: 2, token: 'secret' });
    serveFriends(new Set([1, 4, 9]), { areMutual: true });
    open('/friends');
    expect(await screen.findByRole('row', { name: /player 4.*does not follow you/ })).toBeInTheDocument();
    expect(screen.getByRole('row', { name: /player 9.*no score yet/ })).toBeInTheDocument();
    expect(screen.getByText('You are 1 behind player 1.')).toBeInTheDocument();
  });

  it('are ranked in pages of a thousand', async () => {
    const ids = Array.from({ length: 2500 }, (_, at) => at + 1);
    const requests = serve((url) => {
      const [rank, limit] = ['rank', 'limit'].map((name) => Number(url.searchParams.get(name))) as [number, number];
      const entries = ids.slice(rank - 1, rank - 1 + limit).map((id) => ({ ...entry(id), rank_among: id }));
      return { body: { entries, friends: ids.length - 1, ranked: ids.length } };
    });
    const around = { client: new Client(''), config: DEFAULTS, ladder: { board: 'default', period: null, segment: null } };
    const ranks = await createQueryClient().query(friendRanks(around, { id: 1, token: 'secret' }, [...ids, 7000]));
    expect(ranks.entries.map((found) => found.user_id)).toEqual(ids);
    expect(ranks.missing).toEqual([7000]);
    expect(requests.asked()).toHaveLength(3);
  });
});
