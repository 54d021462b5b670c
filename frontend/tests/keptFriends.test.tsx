import { screen, waitFor, within } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';

import { saveSession } from '../src/friends/session';
import { saveFriends } from '../src/friends/useFriends';
import { saveMe } from '../src/me/me';
import { open } from './page';
import { board, entry, refusal, serve } from './server';

/** Serve a board of five players, and the friends of player 2. Return the authorized requests that change the friends. */
function serveFriends(kept: Set<number>, token = 'secret') {
  const usual = board(5);
  const changes: string[] = [];
  serve((url, init) => {
    const path = url.pathname;
    if (!path.includes('/friends')) return usual(url, init);
    if ((init.headers as Record<string, string>).Authorization !== `Bearer ${token}`) return refusal(401, 'unauthenticated', 'no');
    if (path === '/api/boards/default/friends/2') {
      const ids = [...kept, 2].filter((id) => id <= 5).toSorted();
      return { body: { entries: ids.map((id, at) => ({ ...entry(id), rank_among: at + 1 })), total: 5 } };
    }
    if (init.method === 'POST' || init.method === 'DELETE') {
      changes.push(`${init.method} ${path}`);
      const { user_ids: ids = [] } = JSON.parse((init.body as string | undefined) ?? '{}') as { user_ids?: number[] };
      ids.forEach((id) => kept.add(id));
      if (init.method === 'DELETE') kept.delete(Number(path.split('/').at(-1)));
      return { body: {} };
    }
    const friends = [...kept].map((id) => ({ user_id: id, username: `player ${id}`, since: '', mutual: false }));
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
});
