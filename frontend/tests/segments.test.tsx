import { screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';

import { parseLadder } from '../src/ladder/search';
import { saveMe } from '../src/me/me';
import { open } from './page';
import { aBoard, board, entry, serve } from './server';

function openBoard(path: string) {
  const usual = board(30);
  const requests = serve((url, init) => {
    if (url.pathname === '/api/boards') return { body: { boards: [aBoard('default', { segments: ['country'] })] } };
    if (url.pathname.endsWith('/ranks/7') && !url.searchParams.has('segment')) {
      return { body: { ...entry(7), rank_in: { country: 3 }, percentile: 80, total: 30 } };
    }
    return usual(url, init);
  });
  const inSegment = (part: string) => requests.asked().some((path_) => path_.includes(part) && path_.includes('segment=country%3AFI'));
  return { inSegment, ...open(path) };
}

describe('a segment', () => {
  it('is chosen by attribute and value, and restricts all reads of the page', async () => {
    const { user, router, inSegment } = openBoard('/');
    await user.selectOptions(await screen.findByLabelText('Players by'), 'country');
    await user.type(screen.getByLabelText('Value of country'), 'FI{Enter}');
    await waitFor(() => expect(router.state.location.search).toEqual({ segment: 'country:FI' }));
    await waitFor(() => expect(inSegment('/top')).toBe(true));
    await waitFor(() => expect(inSegment('/page')).toBe(true));
    await user.selectOptions(await screen.findByLabelText('Players by'), 'everybody');
    await waitFor(() => expect(router.state.location.search).toEqual({}));
  });

  it('in the address is that of a player’s rank and neighbours, too', async () => {
    const { inSegment } = openBoard('/player/7?segment=country:FI');
    expect(await screen.findByLabelText('Value of country')).toHaveValue('FI');
    await waitFor(() => expect(inSegment('/ranks/7')).toBe(true));
    await waitFor(() => expect(inSegment('/around/7')).toBe(true));
  });

  it('has a rank of the reader beside the rank among all players', async () => {
    saveMe({ id: 7, name: 'player 7' });
    openBoard('/');
    expect(await screen.findByText('Rank by country: 3')).toBeInTheDocument();
    saveMe(null);
  });

  it('has a rank on the page of a player', async () => {
    openBoard('/player/7');
    expect(await screen.findByText('among players with the same country')).toBeInTheDocument();
    expect(screen.getByText('Rank by country').closest('div')).toHaveTextContent('Rank by country3');
  });

  it.each([
    ['country:FI', { segment: 'country:FI' }],
    ['country:', {}],
    ['Country:FI', {}],
    [7, {}],
  ])('%j in the address is %j', (segment, parsed) => {
    expect(parseLadder({ segment })).toEqual(parsed);
  });
});
