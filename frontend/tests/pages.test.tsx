import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { saveFriends } from '../src/friends/useFriends';
import { board, entry, serve, type Handler } from './server';
import { open } from './page';

describe('a player', () => {
  it('has a rank, a place among all scores and neighbours', async () => {
    serve(board(101));
    open('/player/51');
    expect(await screen.findByRole('heading', { level: 1, name: 'player 51' })).toBeInTheDocument();
    expect(screen.getByText('50%')).toBeInTheDocument();
    const histogram = await screen.findByRole('img', { name: /Distribution of scores/ });
    expect(histogram).toHaveAccessibleName(/player 51 is among 15 players/);
    expect(await screen.findByRole('link', { name: 'player 52' })).toBeInTheDocument();
  });

  it('may have no score yet', async () => {
    serve(board(5));
    open('/player/6');
    expect(await screen.findByText('player 6 has no score yet')).toBeInTheDocument();
  });

  it('may not be there', async () => {
    serve(board(5));
    open('/player/4000');
    expect(await screen.findByText('Player not found')).toBeInTheDocument();
  });

  it('has a number', async () => {
    serve(board(5));
    open('/player/ada');
    expect(await screen.findByText('Page not found')).toBeInTheDocument();
  });

  it('becomes a friend and stays one', async () => {
    serve(board(5));
    const { user } = open('/player/3');
    await user.click(await screen.findByRole('button', { name: 'Add friend' }));
    expect(screen.getByRole('button', { name: 'Friend' })).toHaveAttribute('aria-pressed', 'true');
    expect(localStorage.getItem('leaderforge.friends')).toBe('[{"id":3,"name":"player 3"}]');
    saveFriends([]);
  });
});

describe('the search', () => {
  it('finds by the beginning of a name, by keys alone', async () => {
    serve(board(30));
    const { user, router } = open('/friends');
    const search = await screen.findByRole('combobox');
    await user.keyboard('/');
    expect(search).toHaveFocus();
    await user.keyboard('player 1');
    await waitFor(() => expect(screen.getAllByRole('option').length).toBeGreaterThan(2));
    await user.keyboard('{ArrowDown}');
    const options = screen.getAllByRole('option');
    expect(search).toHaveAttribute('aria-activedescendant', options[1]?.id);
    await user.keyboard('{Enter}');
    await waitFor(() => expect(router.state.location.pathname).toBe('/player/10'));
    expect(search).toHaveValue('');
  });

  it('finds by id, and closes on Escape', async () => {
    serve(board(30));
    const { user } = open('/friends');
    const search = await screen.findByRole('combobox');
    await user.type(search, '#25');
    expect(await screen.findByRole('option', { name: /player 25/ })).toHaveAttribute('aria-selected', 'true');
    await user.keyboard('{Escape}');
    expect(search).toHaveAttribute('aria-expanded', 'false');
  });

  it('says that there is nobody', async () => {
    serve(board(3));
    const { user } = open('/friends');
    await user.type(await screen.findByRole('combobox'), 'zoe');
    expect(await screen.findByText(/No name begins with “zoe”/)).toBeInTheDocument();
  });

  it('says that no part of a name matches, where names are searched inside', async () => {
    serve((url, init) => (url.pathname === '/api/users' ? { body: { users: [], inside: true } } : board(3)(url, init)));
    const { user } = open('/friends');
    await user.type(await screen.findByRole('combobox'), 'zoe');
    expect(await screen.findByText('No name contains “zoe”.')).toBeInTheDocument();
  });
});

describe('friends', () => {
  const among: Handler = (url, init) => {
    if (!url.pathname.endsWith('/ranks/lookup')) return board(10)(url, init);
    const { user_ids: ids } = JSON.parse(init.body as string) as { user_ids: number[] };
    const entries = ids.filter((id) => id <= 10).toSorted((a, b) => a - b);
    return {
      body: {
        entries: entries.map((id, at) => ({ ...entry(id), rank_among: at + 1 })),
        missing: ids.filter((id) => id > 10),
        total: 10,
      },
    };
  };

  it('are ranked among themselves; what is nobody is said', async () => {
    serve(among);
    const { user } = open('/friends');
    expect(await screen.findByText('No friends yet')).toBeInTheDocument();
    const box = screen.getByLabelText('Add friends by name or id');
    fireEvent.change(box, { target: { value: '9\n11\nPlayer 4, nobody' } });
    await user.click(screen.getByRole('button', { name: 'Add 4 friends' }));
    const table = await screen.findByRole('table', { name: 'Friends by rank' });
    const rows = within(table).getAllByRole('row').slice(1);
    expect(rows.map((row) => within(row).getByRole('link').textContent)).toEqual(['player 4', 'player 9', 'player 11']);
    expect(rows[2]).toHaveTextContent('no score yet');
    expect(box).toHaveValue('nobody');
    expect(screen.getByText(/1 entry is unknown/)).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Remove player 4' }));
    await waitFor(() => expect(screen.queryByRole('link', { name: 'player 4' })).not.toBeInTheDocument());
    saveFriends([]);
  });
});

describe('submitting', () => {
  const submitted: Handler = (url, init) =>
    init.method === 'POST' ? { body: { user_id: 3, score: 600, rank: 3 } } : board(10)(url, init);

  it('is not there unless the deployment wants it', async () => {
    serve(board(3));
    open('/submit');
    expect(await screen.findByText('Page not found')).toBeInTheDocument();
    expect(screen.queryByRole('link', { name: 'Submit' })).not.toBeInTheDocument();
  });

  it('shows the request, the reply and the neighbours, and keeps the key nowhere', async () => {
    const { fetch } = serve(submitted);
    const { user } = open('/submit', { devMode: true });
    await user.type(await screen.findByLabelText('Key'), 'secret-key');
    await user.type(screen.getByLabelText('Player’s id'), '3');
    await user.click(screen.getByRole('button', { name: 'Submit score' }));
    expect(await screen.findByRole('region', { name: 'Reply' })).toHaveTextContent('"score": 600');
    expect(screen.getByRole('region', { name: 'Request' })).toHaveTextContent('POST /api/boards/default/scores');
    expect(await screen.findByRole('link', { name: 'player 4' })).toBeInTheDocument();
    const sent = fetch.mock.calls.find(([, init]) => init?.method === 'POST');
    expect(new Headers(sent?.[1]?.headers).get('Authorization')).toBe('Bearer secret-key');
    expect(document.body).not.toHaveTextContent('secret-key');
    expect(JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)])).not.toContain('secret-key');
  });

  it('says what is missing', async () => {
    serve(submitted);
    const { user } = open('/submit', { devMode: true });
    await user.click(await screen.findByRole('button', { name: 'Submit score' }));
    expect(screen.getByLabelText('Key')).toHaveAccessibleDescription('Enter a key of scope submit.');
    expect(screen.getByLabelText('Player’s id')).toBeInvalid();
  });
});
