import { act, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { setAdminKey } from '../src/api/adminKey';
import { saveFriends } from '../src/friends/useFriends';
import { open } from './page';
import { aBoard, board, entry, refusal, serve } from './server';

/** Scores that a JavaScript number would round: to 9007199254740992, and to 9223372036854775808. */
const [GREATEST, ODD] = ['9223372036854775807', '9007199254740993'];
const SHOWN = { greatest: '9,223,372,036,854,775,807', odd: '9,007,199,254,740,993' };
const ROUNDED = /9,?223,?372,?036,?854,?775,?808|9,?223,?372,?036,?854,?776,?000|9,?007,?199,?254,?740,?99[24]/;
const GOLD = aBoard('gold', {
  name: 'Gold',
  policy: 'best',
  score_type: 'int64',
  min_score: `-${GREATEST}`,
  max_score: GREATEST,
  tiers: [{ name: 'tycoon', score: GREATEST }],
  moment_days: 30,
  feeds: [{ board: 'vault', number: null }],
});
const [ADA, BOB] = [
  { user_id: 7, username: 'ada', created_at: '2026-11-23T12:00:00.000Z' },
  { user_id: 8, username: 'bob', created_at: '2026-11-23T12:00:00.000Z' },
];
const AT = '2026-11-23T12:00:00.000Z';
const ENTRIES = [entry(1, { ...ADA, score: GREATEST, tier: 'tycoon' }), entry(2, { ...BOB, score: ODD })];
/** Runs of the player, oldest first. */
const RUNS = [ODD, GREATEST].map((submitted, at) => ({
  at: `2026-11-2${at + 1}T12:00:00.000Z`,
  submission_id: `0c7c1f5e-4a39-4d1c-9d0e-1a2b3c4d5e6${at}`,
  submitted,
  score: submitted,
}));
const META = { board: 'gold', period: 'all-time', total: 2, as_of: AT };
const HISTOGRAM = { ...META, buckets: [{ low: ODD, high: GREATEST, count: 2 }], count: 2, min: ODD, max: GREATEST, p50: ODD, p90: ODD, p99: ODD };
const PAST = { period: '2026-11-22', kind: 'daily', starts_at: AT, ends_at: AT, rank: 1, total: 2, score: ODD, subscore: 0, submissions: 1, achieved_at: AT, metadata: null };

class Source extends EventTarget {
  static readonly CLOSED = 2;
  static latest: Source | null = null;
  readyState = 0;

  constructor() {
    super();
    Source.latest = this;
  }

  close(): void {
    this.readyState = Source.CLOSED;
  }
}

interface Sent {
  readonly method: string;
  readonly path: string;
  /** Body as it was sent, because a parsed one would hide the digits of a number. */
  readonly text: string;
}

/** Open a page of the application. Its API has a board with two 64-bit scores. */
function openGold(path: string) {
  const sent: Sent[] = [];
  const usual = board(2);
  serve((url, init) => {
    const { method = 'GET' } = init;
    const { pathname } = url;
    if (method !== 'GET' && !pathname.endsWith('/lookup')) {
      sent.push({ method, path: pathname, text: (init.body as string | undefined) ?? '' });
      return { body: { ...ENTRIES[0], entries: [{}], duplicate: false } };
    }
    switch (pathname) {
      case '/api/boards':
        return { body: { boards: [aBoard('default'), GOLD] } };
      case '/api/boards/gold/top':
      case '/api/boards/gold/page':
      case '/api/boards/gold/around/7':
        return { body: { ...META, entries: ENTRIES, next: null, previous: null } };
      case '/api/boards/gold/ranks/lookup':
        return { body: { ...META, entries: ENTRIES.map((found) => ({ ...found, rank_among: found.rank })), missing: [] } };
      case '/api/boards/gold/ranks/7':
        return { body: { ...META, ...ENTRIES[0], percentile: 100, next_tier: { name: 'emperor', points: ODD } } };
      case '/api/boards/gold/distribution':
        return { body: HISTOGRAM };
      case '/api/boards/gold/history/7':
        return { body: { board: 'gold', user_id: 7, points: RUNS, periods: [PAST], previous: null } };
      case '/api/boards/gold/rank-history/7':
        return { body: { ...META, user_id: 7, ranks: [1, 2].map((rank) => ({ day: `2026-11-2${rank}`, at: AT, rank, score: ODD, total: 2 })) } };
      case '/api/boards/gold/hidden':
        return { body: { entries: [], next: null } };
      case '/api/users/7':
        return { body: ADA };
      case '/api/users/7/export':
        return { body: { player: ADA, standings: [], events: [{ board: 'gold', submission_id: 'removed', achieved_at: AT, score: ODD, counts: false }] } };
      case '/api/admin/activity':
        return { body: { board: 'gold', step_s: 900, until: AT, points: [{ at: AT, submissions: 1, players: 1 }], newest: [scored(GREATEST)], suspicious: [{ ...scored(ODD), reasons: ['outlier'], deviation: 9 }] } };
      case '/api/admin/audit':
        return { body: { entries: [{ at: AT, actor: 'env:admin', person: null, action: 'score.set', board: 'gold', user_id: 7, reason: 'r', details: { score: ODD } }], next: null } };
      default:
        return pathname.startsWith('/api/boards/gold/') ? refusal(404, 'not_ranked', 'no entry') : usual(url, init);
    }
  });
  return { sent, ...open(path, { console: true, devMode: true }) };
}

function scored(score: string) {
  return { user_id: 7, username: 'ada', submission_id: `0c7c1f5e-${score}`, score, achieved_at: AT };
}

/** Fail if a score on the page is rounded, also in labels and titles. */
function expectExact(): void {
  expect(document.body.outerHTML).not.toMatch(ROUNDED);
}

beforeEach(() => vi.stubGlobal('EventSource', Source));
afterEach(() => {
  setAdminKey(null);
  saveFriends([]);
  vi.stubGlobal('EventSource', undefined);
});

describe('64-bit scores keep each digit', () => {
  it('on the leaderboard, and in its live stream', async () => {
    openGold('/?board=gold');
    const leaders = await screen.findByRole('list', { name: 'The first three' });
    await waitFor(() => expect(leaders).toHaveTextContent(SHOWN.greatest));
    expect(leaders).toHaveTextContent(SHOWN.odd);
    expect(screen.getByText(new RegExp(`Scores from -${SHOWN.greatest} to ${SHOWN.greatest}\\.`))).toBeInTheDocument();
    const entries = [...ENTRIES.slice(0, 1), entry(2, { ...BOB, score: '9007199254740995' })];
    act(() => {
      Source.latest?.dispatchEvent(Object.assign(new Event('top'), { data: JSON.stringify({ ...META, entries, source: 'index' }) }));
    });
    await waitFor(() => expect(leaders).toHaveTextContent('9,007,199,254,740,995'));
    expectExact();
  });

  it('on the page of a player', async () => {
    const { user } = openGold('/player/7?board=gold');
    expect(await screen.findByRole('heading', { level: 1, name: 'ada' })).toBeInTheDocument();
    expect(await screen.findByRole('img', { name: new RegExp(`Distribution .* ${SHOWN.odd} .*${SHOWN.greatest}`) })).toBeInTheDocument();
    expect(await screen.findByRole('img', { name: new RegExp(`went from ${SHOWN.odd} to ${SHOWN.greatest}`) })).toBeInTheDocument();
    expect(screen.getByText(`${SHOWN.odd} to emperor`, { exact: false })).toBeInTheDocument();
    await user.click(await screen.findByText('Show the ranks'));
    expect(within(screen.getByRole('table', { name: 'Past periods' })).getByText(SHOWN.odd)).toBeInTheDocument();
    expectExact();
  });

  it('among friends', async () => {
    saveFriends([ADA, BOB].map(({ user_id: id, username: name }) => ({ id, name })));
    openGold('/friends?board=gold');
    const table = await screen.findByRole('table', { name: 'Friends by rank' });
    expect(table).toHaveTextContent(SHOWN.greatest);
    expect(table).toHaveTextContent(SHOWN.odd);
    expectExact();
  });

  it('in a submission', async () => {
    const { user, sent } = openGold('/submit?board=gold');
    await user.type(await screen.findByLabelText('Key'), 'key');
    await user.type(screen.getByLabelText('Player’s id'), '7');
    await user.clear(screen.getByLabelText('Score'));
    await user.type(screen.getByLabelText('Score'), ODD);
    await user.click(screen.getByRole('button', { name: 'Submit score' }));
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]?.text).toContain(`"score":"${ODD}"`);
  });

  it('in the activity and in the audit log of the console', async () => {
    act(() => setAdminKey('admin-key'));
    const { user } = openGold('/console/activity?board=gold');
    expect(await screen.findByText(SHOWN.greatest)).toBeInTheDocument();
    expect(screen.getByText(SHOWN.odd)).toBeInTheDocument();
    await user.click(screen.getByRole('link', { name: 'Audit log' }));
    expect(await screen.findByText(`score ${ODD}`)).toBeInTheDocument();
    expectExact();
  });
});

describe('moderation of 64-bit scores', () => {
  async function openModeration() {
    act(() => setAdminKey('admin-key'));
    const page = openGold('/console/moderation?board=gold&player=7');
    const runs = await screen.findByRole('region', { name: 'Submissions' });
    await within(runs).findByRole('button', { name: `Remove this run ${SHOWN.greatest}` });
    return { runs: within(runs), ...page };
  }

  it('removes one run, and lists removed ones, with each digit', async () => {
    const { user, sent, runs } = await openModeration();
    expect(screen.getByRole('table', { name: 'Entries' })).toHaveTextContent(SHOWN.odd);
    await user.click(runs.getByRole('button', { name: `Remove this run ${SHOWN.odd}` }));
    const dialog = within(screen.getByRole('dialog'));
    expect(dialog.getByText(new RegExp(`with the score ${SHOWN.odd} stops`))).toBeInTheDocument();
    expect(dialog.getByText(/^The board feeds vault\. The same run stops counting there, too\.$/)).toBeInTheDocument();
    await user.type(dialog.getByLabelText('Reason'), 'r');
    await user.click(dialog.getByRole('button', { name: 'Remove' }));
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toMatchObject({ method: 'DELETE', path: `/api/boards/gold/entries/7/submissions/${RUNS[0]?.submission_id}` });
    await user.click(runs.getByRole('button', { name: 'Show removed runs' }));
    expect(await runs.findByRole('button', { name: `Restore ${SHOWN.odd}` })).toBeInTheDocument();
    expectExact();
  });

  it.each([
    [GREATEST, GREATEST],
    [SHOWN.odd, ODD],
  ])('sets the score %s', async (typed, score) => {
    const { user, sent } = await openModeration();
    await user.selectOptions(screen.getByLabelText('Action'), 'Set the score on this board');
    await user.click(screen.getByLabelText('Score'));
    await user.paste(typed);
    await user.type(screen.getByLabelText('Reason'), 'r');
    await user.click(screen.getByRole('button', { name: 'Apply' }));
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Set' }));
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]?.text).toContain(`"score":"${score}"`);
    expectExact();
  });

  it('refuses a score beyond 64 bits before it is sent', async () => {
    const { user } = await openModeration();
    await user.selectOptions(screen.getByLabelText('Action'), 'Set the score on this board');
    await user.click(screen.getByLabelText('Score'));
    await user.paste('9223372036854775808');
    await user.type(screen.getByLabelText('Reason'), 'r');
    expect(screen.getByRole('button', { name: 'Apply' })).toHaveAccessibleDescription('Enter a score of the board.');
  });
});
