import { act, screen, within } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';

import type { Shards } from '../src/api/types';
import { setAdminKey } from '../src/api/adminKey';
import { open } from './page';
import { aBoard, board, entry, serve, theShards } from './server';

const HEALTH = { status: 'ok', index: { partitions: 3, healthy: 3 }, database: { postgres: true }, version: '0.2.0' };
const VERIFIED_AT = '2026-11-23T12:00:00.000Z';

afterEach(() => setAdminKey(null));

function openState(...answers: Partial<Shards>[]) {
  let asked = 0;
  serve((url, init) => {
    if (url.pathname === '/api/health') return { body: HEALTH };
    if (url.pathname === '/api/admin/shards') return { body: theShards(answers[Math.min(asked++, answers.length - 1)]) };
    return board(5)(url, init);
  });
  act(() => setAdminKey('admin-key'));
  return open('/console', { console: true });
}

async function table(name: string) {
  return within(await screen.findByRole('table', { name }));
}

describe('the state of the parts', () => {
  it('is told of every node and every partition', async () => {
    openState({});
    const nodes = await table('Nodes');
    expect(nodes.getAllByRole('rowheader').map((row) => row.textContent)).toEqual([
      'one:7001index, 2 partitions',
      'two:7001index, 1 partition',
      'postgresdatabase',
    ]);
    expect(nodes.getByRole('row', { name: /two:7001.*up.*2 MB/ })).toBeInTheDocument();
    const partitions = await table('Partitions');
    expect(partitions.getByRole('row', { name: /^2.*complete.*1.2 sec ago.*110/ })).toBeInTheDocument();
    expect(screen.getByText('The largest has 10% more entries than the average.')).toBeInTheDocument();
  });

  it('counts the players of each board in its current periods, and names the leader', async () => {
    serve((url, init) => {
      if (url.pathname === '/api/health') return { body: HEALTH };
      if (url.pathname === '/api/admin/shards') return { body: theShards({}) };
      if (url.pathname === '/api/boards') return { body: { boards: [aBoard('laps', { name: 'Laps', unit: 'ms', periods: ['all-time', 'weekly'] })] } };
      if (!url.pathname.endsWith('/top')) return board(5)(url, init);
      const isWeek = url.searchParams.get('period') === 'weekly';
      return { body: { entries: [entry(1, { score: 83_456, username: isWeek ? 'ada' : 'bob' })], total: isWeek ? 12 : 3_400 } };
    });
    act(() => setAdminKey('admin-key'));
    open('/console', { console: true });
    const boards = await table('Boards');
    expect(await boards.findByRole('row', { name: /^Laps.*all-time.*3,400.*bob.*1:23\.456/ })).toBeInTheDocument();
    expect(await boards.findByRole('row', { name: /^Laps.*weekly.*12.*ada.*1:23\.456/ })).toBeInTheDocument();
  });

  it('says which part is down', async () => {
    const { partitions, nodes } = theShards();
    openState({
      nodes: nodes.map((node, at) => (at === 1 ? { ...node, up: false, memory_bytes: null } : node)),
      partitions: partitions.map((one) => (one.partition === 2 ? { ...one, complete: false, lag_ms: null, entries: null } : one)),
    });
    expect((await table('Nodes')).getByRole('row', { name: /two:7001.*down/ })).toBeInTheDocument();
    expect((await table('Partitions')).getByRole('row', { name: /^2.*incomplete/ })).toBeInTheDocument();
    expect(screen.getByRole('img', { name: /^Index lag.*unknown/ })).toBeInTheDocument();
  });

  it('is drawn over the last minutes', async () => {
    const { queries } = openState({ cache: { hits: 1, misses: 1 } }, { cache: { hits: 3, misses: 1 } });
    expect(await screen.findByRole('img', { name: 'Cache hits in the last minutes; now: 50%.' })).toBeInTheDocument();
    await act(() => queries.invalidateQueries({ queryKey: ['operators', 'shards'] }));
    const chart = await screen.findByRole('img', { name: 'Cache hits in the last minutes; now: 75%.' });
    expect(chart.querySelector('path[fill=none]')).toHaveAttribute('d', expect.stringMatching(/^M.*L/));
  });

  it('is not known while no node of the index can be reached', async () => {
    openState({ partitions: [], nodes: [] });
    expect(await screen.findByText('No index node is reachable')).toBeInTheDocument();
  });
});

describe('the verification', () => {
  it.each([
    [{ verified_at: VERIFIED_AT, checked: 5_000, differing: 0 }, /no differences.*in 5,000 entries/],
    [{ verified_at: VERIFIED_AT, checked: 5_000, differing: 2 }, /2 differences.*in 5,000 entries/],
    [null, /none.*not compared/],
  ])('%j is told', async (verification, words) => {
    openState({ verification });
    const term = await screen.findByText('Verification');
    expect(term.parentElement).toHaveTextContent(words);
  });
});
