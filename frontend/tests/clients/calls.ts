// One call of each kind by a client of the generated types: `node calls.js URL KEY` prints the received facts as JSON.
import createClient from 'openapi-fetch';

import type { components, paths } from '../../src/api/schema';

type Schemas = components['schemas'];

const PLAYER = 246441796207139;
const [baseUrl = '', key = ''] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${key}` } });

/** Return the data of an answer. Throw if the call failed. */
function expectData<Data>({ data, error }: { data?: Data; error?: unknown }): NonNullable<Data> {
  if (data === undefined || data === null) throw new Error(JSON.stringify(error));
  return data;
}

function outcome(result: Schemas['BatchResult'] | Schemas['QueuedBatchResult']): number | string | null {
  if ('error' in result) return result.error.code;
  return 'queued' in result ? 'queued' : result.rank;
}

const health = expectData(await client.GET('/api/health'));
const created = expectData(await client.POST('/api/boards', { body: { board: 'laps', order: 'asc', policy: 'best' } }));
const user = expectData(await client.POST('/api/users', { body: { user_id: PLAYER, username: 'ada' } }));
const receipt = expectData(
  await client.POST('/api/boards/{board}/scores', {
    params: { path: { board: 'laps' }, query: { rank: 'exact' } },
    body: { user_id: PLAYER, score: 5_000_000_000, achieved_at: '2026-11-23T12:00:00.000Z', metadata: { car: 'red' } },
  }),
);
if ('queued' in receipt) throw new Error('the submission was queued');
const batch = expectData(
  await client.POST('/api/scores/batch', {
    body: { submissions: [{ user_id: PLAYER, score: 7 }, { board: 'laps', user_id: 1, score: 1 }] },
  }),
);
const boards = expectData(await client.GET('/api/boards'));
const top = expectData(
  await client.GET('/api/boards/{board}/top', { params: { path: { board: 'laps' }, query: { limit: 5 } } }),
);
const player = expectData(
  await client.GET('/api/boards/{board}/ranks/{user_id}', { params: { path: { board: 'laps', user_id: PLAYER } } }),
);
const lookup = expectData(
  await client.POST('/api/boards/{board}/ranks/lookup', {
    params: { path: { board: 'laps' } },
    body: { user_ids: [PLAYER, 1] },
  }),
);
const changed = expectData(
  await client.PATCH('/api/boards/{board}', { params: { path: { board: 'laps' } }, body: { max_score: 6_000_000_000 } }),
);
const set = expectData(
  await client.PUT('/api/boards/{board}/entries/{user_id}', {
    params: { path: { board: 'laps', user_id: PLAYER } },
    body: { score: 4_000_000_000, reason: 'a faster clock' },
  }),
);
const file = expectData(
  await client.GET('/api/boards/{board}/export', { params: { path: { board: 'laps' } }, parseAs: 'text' }),
);
const { error } = await client.GET('/api/users/{user_id}', { params: { path: { user_id: 1 } } });
const deleted = expectData(await client.DELETE('/api/boards/{board}', { params: { path: { board: 'laps' } } }));

console.log(
  JSON.stringify({
    health: health.status,
    created: [created.board, created.order, created.periods],
    user: user.user_id,
    receipt: [receipt.score, receipt.rank, receipt.improved],
    batch: batch.results.map(outcome),
    boards: boards.boards.map((board) => board.board),
    top: top.entries.map((entry) => [entry.rank, entry.user_id, entry.username, entry.metadata?.car]),
    player: [player.user_id, player.score, player.percentile],
    lookup: [lookup.entries.map((entry) => entry.rank_among), lookup.missing],
    changed: changed.max_score,
    set: set.entries.map((entry) => entry.state),
    file: file.split('\r\n')[1]?.startsWith(`1,${PLAYER},ada,4000000000,`),
    error: error?.error.code,
    deleted: deleted.board,
  }),
);
