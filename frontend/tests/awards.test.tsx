import { act, screen, within } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';

import type { Award } from '../src/api/types';
import { periodText } from '../src/awards/period';
import { saveSession } from '../src/friends/session';
import { saveMe } from '../src/me/me';
import { open } from './page';
import { aBoard, board, serve } from './server';

const AWARD: Award = {
  board: 'default',
  period: '2026-W48',
  user_id: 7,
  reward: 'winner',
  rank: 1,
  payload: { gold: 50 },
  granted_at: '2026-11-30T12:00:00.000Z',
  revoked_at: null,
  claim: null,
};

afterEach(() => {
  saveMe(null);
  saveSession(null);
});

function openPlayer() {
  const usual = board(30);
  const claims: Record<string, unknown>[] = [];
  let won = AWARD;
  serve((url, init) => {
    const { Authorization: sent } = (init.headers ?? {}) as Record<string, string>;
    if (url.pathname === '/api/boards') return { body: { boards: [aBoard('default', { rewards: { period: 'weekly', rewards: [] } })] } };
    if (url.pathname === '/api/users/7/friends') return { body: { friends: [], next: null } };
    if (url.pathname === '/api/users/7/awards' && sent === 'Bearer my-token') return { body: { awards: [won], next: null } };
    if (url.pathname === '/api/users/7/awards/claim') {
      const claim = JSON.parse(init.body as string) as Record<string, string>;
      claims.push(claim);
      won = { ...AWARD, claim: { claim_id: claim.claim_id ?? '', claimed_at: AWARD.granted_at, claimed_by: 'player:7' } };
      return { body: won };
    }
    return usual(url, init);
  });
  return { claims, ...open('/player/7') };
}

describe('the reader’s own awards', () => {
  it('are shown after a sign-in by a token, and claimed once', async () => {
    act(() => saveMe({ id: 7, name: 'player 7' }));
    const { user, claims } = openPlayer();
    await user.type(await screen.findByLabelText('Player token of player 7'), 'my-token');
    await user.click(screen.getByRole('button', { name: 'Show my awards' }));
    const awards = await screen.findByRole('region', { name: 'Your awards' });
    expect(await within(awards).findByText('default, Nov 23 – 29, 2026, rank 1: gold 50')).toBeInTheDocument();
    await user.click(within(awards).getByRole('button', { name: 'Claim winner' }));
    expect(await within(awards).findByText('Claimed')).toBeInTheDocument();
    expect(claims).toMatchObject([{ board: 'default', period: '2026-W48', reward: 'winner' }]);
  });

  it('are not on the pages of other players', async () => {
    openPlayer();
    expect(await screen.findByRole('heading', { level: 1, name: 'player 7' })).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Show my awards' })).not.toBeInTheDocument();
  });
});

describe('the period of an award', () => {
  it.each([
    ['2026-W48', 'Nov 23 – 29, 2026'],
    ['2026-W53', 'Dec 28, 2026 – Jan 3, 2027'],
    ['2021-W01', 'Jan 4 – 10, 2021'],
    ['2026-12-31', 'Dec 31, 2026'],
    ['2026-12', 'December 2026'],
    ['season-20261101T0400Z', 'from Nov 1, 2026'],
    ['season-20261101T035959Z', 'from Oct 31, 2026'],
    ['all-time', 'All time'],
    ['of another version', 'of another version'],
  ])('%s reads %s', (name, shown) => {
    expect(periodText(name, 'America/New_York', (day) => `from ${day}`).replaceAll('\u2009', ' ')).toBe(shown);
  });
});
