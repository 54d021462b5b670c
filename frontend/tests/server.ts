import { vi } from 'vitest';

import type { Board, Caller, Entry, Shards } from '../src/api/types';

export function entry(rank: number, change: Partial<Entry> = {}): Entry {
  return {
    rank,
    user_id: rank,
    username: `player ${rank}`,
    score: 2_000_000 - rank,
    subscore: 0,
    submissions: 1,
    achieved_at: '2026-11-23T12:00:00.000Z',
    metadata: null,
    hidden: false,
    ...change,
  };
}

export function entriesFrom(rank: number, count: number): Entry[] {
  return Array.from({ length: count }, (_, at) => entry(rank + at));
}

export function aBoard(board: string, change: Partial<Board> = {}): Board {
  return {
    board,
    name: board,
    policy: 'sum',
    order: 'desc',
    subscore_order: null,
    rank_style: 'ordinal',
    min_score: null,
    max_score: null,
    max_change: null,
    min_interval_ms: null,
    periods: ['all-time'],
    time_zone: 'UTC',
    season: null,
    keep_days: null,
    unit: null,
    decimals: 0,
    subscore_name: null,
    private: false,
    open_to_players: false,
    min_submissions: 1,
    tiers: [],
    tournament: null,
    rewards: null,
    events: [],
    segments: [],
    team: null,
    moment_days: null,
    frozen_at: null,
    league: null,
    tiebreakers: [],
    feeds: [],
    score_type: 'number',
    building: [],
    ...change,
  };
}

/** Return the state of three healthy partitions on two nodes. */
export function theShards(change: Partial<Shards> = {}): Shards {
  const sizes = [90, 100, 110];
  return {
    partitions: sizes.map((entries, partition) => ({
      partition,
      node: partition < 2 ? 'one:7001' : 'two:7001',
      complete: true,
      lag_ms: 1_000 + 100 * partition,
      entries,
      players: entries,
    })),
    nodes: [
      { node: 'one:7001', up: true, memory_bytes: 1_000_000 },
      { node: 'two:7001', up: true, memory_bytes: 2_000_000 },
    ],
    database: [{ node: 'postgres', up: true }],
    cache: { hits: 0, misses: 0 },
    verification: null,
    as_of: '2026-11-23T12:00:00.000Z',
    ...change,
  };
}

export interface Answer {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export type Handler = (url: URL, init: RequestInit) => Answer | Promise<Answer>;

/** Answer all requests of the page. The mock's calls record the requests. */
export function serve(handler: Handler) {
  const fetch = vi.fn(async (input: string | URL, init: RequestInit = {}) => {
    const url = new URL(input, 'http://leaderforge.test');
    const { status = 200, body, headers = {} } = withOwner(url, await handler(url, init));
    return new Response(body === undefined ? null : JSON.stringify(body), {
      status,
      headers: { 'X-LeaderForge-Source': 'index', ...headers },
    });
  });
  vi.stubGlobal('fetch', fetch);
  return {
    fetch,
    asked: () => fetch.mock.calls.map(([input]) => String(input)),
  };
}

export const OWNER: Caller = {
  actor: 'env:admin',
  person: null,
  role: 'owner',
  permissions: ['submit', 'view_console', 'moderate', 'edit_players', 'set_scores', 'erase_players', 'manage_boards', 'manage_keys'],
};

/** Return the answer of a handler. If the handler does not answer `/api/admin/me`, return an owner as the caller. */
function withOwner({ pathname }: URL, answer: Answer): Answer {
  return pathname === '/api/admin/me' && answer.status === 404 ? { body: OWNER } : answer;
}

export function refusal(status: number, code: string, message: string): Answer {
  return { status, body: { error: { code, message, details: {} } } };
}

/** Return a handler that answers like a board with `total` players, whose ids are 1, 2, 3 and so on. */
export function board(total: number): Handler {
  return (url) => {
    const meta = { board: 'default', period: 'all-time', total, as_of: '2026-11-23T12:00:00.000Z' };
    const number = (name: string) => Number(url.searchParams.get(name));
    const id = Number(url.pathname.split('/').at(-1));
    if (url.pathname.endsWith('/top')) {
      return { body: { ...meta, entries: entriesFrom(1, Math.min(number('limit'), total)) } };
    }
    if (url.pathname.endsWith('/page')) {
      const count = Math.min(number('limit'), total - number('rank') + 1);
      return { body: { ...meta, entries: entriesFrom(number('rank'), count), next: null, previous: null } };
    }
    if (url.pathname.includes('/around/')) return { body: { ...meta, entries: entriesFrom(Math.max(1, id - 2), 5) } };
    if (url.pathname.includes('/ranks/') && id <= total) {
      return { body: { ...entry(id), percentile: (100 * (total - id)) / (total - 1), ...meta } };
    }
    if (url.pathname.endsWith('/distribution')) {
      const buckets = [10, 30, 40, 15, 5].map((count, at) => ({ low: at * 500_000, high: at * 500_000 + 499_999, count }));
      return { body: { ...meta, buckets, count: 100, min: 0, max: 2_499_999, p50: 1_000_000, p90: 1, p99: 1 } };
    }
    if (url.pathname === '/api/boards') return { body: { boards: [aBoard('default')] } };
    if (url.pathname === '/api/users') {
      const prefix = url.searchParams.get('search') ?? '';
      const users = entriesFrom(1, 20).filter(({ username }) => username?.startsWith(prefix.toLowerCase()));
      return { body: { users: users.slice(0, number('limit')) } };
    }
    if (url.pathname === `/api/users/${id}` && id <= total + 1) {
      return { body: { user_id: id, username: `player ${id}`, created_at: meta.as_of } };
    }
    const code = url.pathname.startsWith('/api/users/') ? 'user_not_found' : 'not_ranked';
    return refusal(404, code, 'there is no such thing');
  };
}
