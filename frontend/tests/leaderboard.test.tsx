import { act, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { board, entry, refusal, serve } from './server';
import { open } from './page';

const pagesOf = (asked: readonly string[]) => asked.filter((url) => url.includes('/page?'));

describe('the leaderboard', () => {
  it('shows the first three and the beginning of the ranking', async () => {
    const { asked } = serve(board(1_000_000));
    open('/');
    const podium = await screen.findByRole('list', { name: 'The first three' });
    expect(within(podium).getAllByRole('link').map((link) => link.textContent)).toEqual(['player 1', 'player 2', 'player 3']);
    const all = await screen.findByRole('region', { name: 'Players from rank 4 to the last' });
    expect(await within(all).findByText('player 10')).toBeInTheDocument();
    expect(pagesOf(asked())).toEqual(['/api/boards/default/page?rank=1&limit=25']);
  });

  it('jumps to any rank and loads nothing on the way', async () => {
    const { asked } = serve(board(1_000_000));
    const { user, router } = open('/');
    await user.type(await screen.findByLabelText('Go to rank'), '500,000{Enter}');
    expect(await screen.findByText('player 500000')).toBeInTheDocument();
    expect(router.state.location.search).toEqual({ rank: 500_000 });
    expect(pagesOf(asked()).length).toBeLessThanOrEqual(3);
    expect(screen.getByRole('slider', { name: 'Place in the ranking' })).toHaveAttribute(
      'aria-valuetext',
      'Rank 499,997 of 1,000,000',
    );
  });

  it('opens at the rank of the address, also at the very end', async () => {
    serve(board(1_000_000));
    open('/?rank=1000000');
    expect(await screen.findByText('player 1000000')).toBeInTheDocument();
  });

  it('goes to both ends by keys', async () => {
    serve(board(1_000_000));
    const { user } = open('/');
    (await screen.findByRole('region', { name: 'Players from rank 4 to the last' })).focus();
    await user.keyboard('{End}');
    expect(await screen.findByText('player 1000000')).toBeInTheDocument();
    await user.keyboard('{Home}');
    expect(await screen.findByText('player 10')).toBeInTheDocument();
  });

  it('says what is no rank', async () => {
    serve(board(50));
    const { user } = open('/');
    await user.type(await screen.findByLabelText('Go to rank'), 'first{Enter}');
    expect(screen.getByRole('alert')).toHaveTextContent('Enter a whole number.');
  });

  it('shows who moved', async () => {
    let overtaken = false;
    const usual = board(3);
    serve((url, init) => {
      if (!overtaken || !url.pathname.endsWith('/top')) return usual(url, init);
      const entries = [entry(1, { user_id: 2, username: 'player 2' }), entry(2, { user_id: 1, username: 'player 1' }), entry(3)];
      return { body: { entries, total: 3 } };
    });
    const { queries } = open('/');
    const podium = await screen.findByRole('list', { name: 'The first three' });
    overtaken = true;
    await act(() => queries.refetchQueries());
    await waitFor(() => expect(within(podium).getByText('up 1')).toBeInTheDocument());
    expect(within(podium).getByText('down 1')).toBeInTheDocument();
    expect(screen.getByText('player 2 is now at rank 1.')).toBeInTheDocument();
  });

  it('says that nobody has scored', async () => {
    serve(board(0));
    open('/');
    expect(await screen.findByText('No scores yet')).toBeInTheDocument();
  });

  it('says what went wrong and tries again', async () => {
    let down = true;
    const usual = board(5);
    serve((url, init) => (down ? refusal(503, 'unavailable', 'down') : usual(url, init)));
    const { user } = open('/');
    expect(await screen.findByRole('alert')).toHaveTextContent('busy or being repaired');
    down = false;
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('list', { name: 'The first three' })).toBeInTheDocument();
  });

  it('marks ranks that come from the database', async () => {
    const usual = board(5);
    serve(async (url, init) => ({ ...(await usual(url, init)), headers: { 'X-LeaderForge-Source': 'postgres' } }));
    open('/');
    expect(await screen.findByText(/straight from the database/)).toBeInTheDocument();
  });
});
