import { act, screen, within } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';

import { setAdminKey } from '../src/api/adminKey';
import type { BoardActivity } from '../src/api/types';
import { open } from './page';
import { aBoard, board, serve } from './server';

const LAPS = aBoard('laps', { name: 'Laps', policy: 'best', order: 'asc', unit: 'ms' });
const AT = '2026-11-23T12:00:00.000Z';
const SCORE = { user_id: 7, username: 'ada', submission_id: '0c7c1f5e-4a39-4d1c-9d0e-1a2b3c4d5e60', score: 1_000, achieved_at: AT };

function report(change: Partial<BoardActivity>): BoardActivity {
  // The last interval of 15 minutes has lasted five minutes so far.
  const points = [10, 45].map((submissions, at) => ({ at: `2026-11-23T1${at}:00:00.000Z`, submissions, players: 3 + at }));
  return { board: 'default', step_s: 900, until: '2026-11-23T11:05:00.000Z', points, newest: [], suspicious: [], ...change };
}

afterEach(() => setAdminKey(null));

it('shows the activity that the server stores, and why scores are suspicious', async () => {
  const { asked } = serve((url, init) => {
    if (url.pathname === '/api/boards') return { body: { boards: [aBoard('default'), LAPS] } };
    if (url.pathname !== '/api/admin/activity') return board(5)(url, init);
    const isLaps = url.searchParams.get('board') === 'laps';
    const suspicious = isLaps ? [{ ...SCORE, reasons: ['outlier' as const, 'rate' as const], deviation: 9 }] : [];
    return { body: report({ suspicious, newest: isLaps ? [SCORE] : [] }) };
  });
  act(() => setAdminKey('admin-key'));
  const { user, router } = open('/console/activity', { console: true });
  expect(await screen.findByText('No suspicious scores')).toBeInTheDocument();
  expect(screen.getByRole('img', { name: /^Submissions a minute .* latest: 9, maximum: 9\.$/ })).toBeInTheDocument();
  expect(screen.getByRole('img', { name: /^Active players .* latest: 4, maximum: 4\.$/ })).toBeInTheDocument();
  await user.selectOptions(screen.getByLabelText('Time'), 'last hour');
  await user.selectOptions(screen.getByLabelText('Board'), 'Laps');
  const suspects = within(await screen.findByRole('list', { name: 'Suspicious scores' }));
  expect(suspects.getByText('0:01.000')).toBeInTheDocument();
  const reasons = 'Far better than the other players’ best scores; one of more than 60 submissions in a minute.';
  expect(suspects.getByText(reasons)).toBeInTheDocument();
  expect(asked().at(-1)).toContain('board=laps&hours=1');
  await user.click(suspects.getByRole('link', { name: 'Moderate ada' }));
  expect(router.state.location).toMatchObject({ pathname: '/console/moderation', search: { player: 7, board: 'laps' } });
});
