import { act, screen, within } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';

import { setAdminKey } from '../src/api/adminKey';
import type { Award, DeadEvents, Delivery, Endpoint } from '../src/api/types';
import { open } from './page';
import { aBoard, board, serve, type Handler } from './server';

const TIME = '2026-11-30T12:00:00.000Z';

function anEndpoint(change: Partial<Endpoint> = {}): Endpoint {
  return {
    endpoint_id: 'whe_0011223344556677',
    url: 'https://game.example/hooks',
    types: [],
    boards: ['laps'],
    created_at: TIME,
    created_by: 'env:admin',
    previous_secret_until: null,
    disabled_at: null,
    disabled_reason: null,
    failing: false,
    ...change,
  };
}

const DELIVERY: Delivery = { event_id: 'e', type: 'score.improved', at: TIME, attempt: 2, redriven: true, status: 500, failure: 'status 500', duration_ms: 12 };
const DEAD: DeadEvents = { dead_letters: [{ event_id: 'd', type: 'tier.changed', board: 'laps', at: TIME, given_up_at: TIME, attempts: 15, reason: 'status 503' }] };

/** Open a page of the console, whose API answers by `answer`. Return the page, and the changes that it sends. */
function openConsole(path: string, answer: (url: URL, body: unknown) => unknown) {
  const sent: { method: string; path: string; body: unknown }[] = [];
  const usual = board(5);
  const handler: Handler = (url, init) => {
    const { method = 'GET' } = init;
    const sentBody: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : undefined;
    if (method !== 'GET') sent.push({ method, path: url.pathname, body: sentBody });
    const body = answer(url, sentBody);
    return body === undefined ? usual(url, init) : { body };
  };
  serve(handler);
  act(() => setAdminKey('admin-key'));
  return { sent, ...open(path, { console: true }) };
}

afterEach(() => setAdminKey(null));

describe('endpoints', () => {
  function openEndpoints(list: Endpoint[]) {
    let letters = DEAD;
    return openConsole('/console/endpoints', (url, body) => {
      const act = url.pathname.split('/').at(-1);
      if (act === 'endpoints') return body === undefined ? { endpoints: list } : { ...anEndpoint(), secret: 'whsec_new' };
      if (act === 'test') return { status: null, failure: 'no response', duration_ms: 7 };
      if (act === 'rotate') return { ...anEndpoint(), secret: 'whsec_rotated' };
      if (act === 'deliveries') return { deliveries: [DELIVERY] };
      if (act === 'dead-letters') return letters;
      if (act === 'redrive') {
        letters = { dead_letters: [] };
        return { redriven: 1 };
      }
      return url.pathname.includes('/endpoints/') ? anEndpoint() : undefined;
    });
  }

  it('are created with filters, and show their secret once', async () => {
    const { user, sent } = openEndpoints([]);
    expect(await screen.findByText('No endpoints')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Create an endpoint' }));
    const dialog = screen.getByRole('dialog');
    expect(within(dialog).getByRole('button', { name: 'Create' })).toHaveAccessibleDescription('Enter an address such as https://game.example/hooks.');
    await user.type(within(dialog).getByLabelText('Address'), 'https://game.example/hooks');
    await user.type(within(dialog).getByLabelText('Boards'), 'Laps');
    expect(within(dialog).getByRole('button', { name: 'Create' })).toBeDisabled();
    await user.clear(within(dialog).getByLabelText('Boards'));
    await user.type(within(dialog).getByLabelText('Boards'), 'laps, cup');
    await user.click(within(dialog).getByLabelText('award.granted'));
    await user.click(within(dialog).getByRole('button', { name: 'Create' }));
    expect(await screen.findByText('whsec_new')).toBeInTheDocument();
    expect(sent).toEqual([
      { method: 'POST', path: '/api/admin/endpoints', body: { url: 'https://game.example/hooks', types: ['award.granted'], boards: ['laps', 'cup'] } },
    ]);
  });

  it('are tested, rotated, disabled and deleted', async () => {
    const { user, sent } = openEndpoints([anEndpoint({ failing: true, previous_secret_until: TIME })]);
    const endpoint = await screen.findByRole('listitem', { name: 'https://game.example/hooks' });
    expect(endpoint).toHaveTextContent('all types, of laps');
    expect(endpoint).toHaveTextContent('All attempts of the latest round failed.');
    await user.click(within(endpoint).getByRole('button', { name: 'Send a test' }));
    expect(await within(endpoint).findByText('Failed: no response, 7 ms.')).toBeInTheDocument();
    await user.click(within(endpoint).getByRole('button', { name: 'Disable' }));
    await user.click(within(endpoint).getByRole('button', { name: 'Rotate the secret' }));
    await user.selectOptions(screen.getByLabelText('End of the old secret'), 'in a day');
    await user.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Rotate the secret' }));
    expect(await screen.findByText('whsec_rotated')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Done' }));
    await user.click(within(endpoint).getByRole('button', { name: 'Delete' }));
    await user.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Delete' }));
    const path = '/api/admin/endpoints/whe_0011223344556677';
    expect(sent).toEqual([
      { method: 'POST', path: `${path}/test`, body: undefined },
      { method: 'PATCH', path, body: { disabled: true } },
      { method: 'POST', path: `${path}/rotate`, body: { overlap_s: 86_400 } },
      { method: 'DELETE', path, body: undefined },
    ]);
  });

  it('have a log, and dead letters that are sent again', async () => {
    const { user } = openEndpoints([anEndpoint({ disabled_at: TIME, disabled_reason: 'it answered 410 (gone)' })]);
    expect(await screen.findByText('Disabled: it answered 410 (gone).')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Enable' })).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Log and dead letters' }));
    const log = await screen.findByRole('region', { name: 'Delivery log' });
    expect(await within(log).findByText('Failed: status 500, 12 ms.')).toBeInTheDocument();
    expect(log).toHaveTextContent('attempt 2, sent again');
    const dead = screen.getByRole('region', { name: 'Dead letters' });
    expect(dead).toHaveTextContent('tier.changed laps');
    expect(dead).toHaveTextContent('15 attempts');
    await user.click(within(dead).getByRole('button', { name: 'Send all again' }));
    expect(await within(dead).findByText('1 event is sent again.')).toBeInTheDocument();
    expect(await within(dead).findByText('No event was given up.')).toBeInTheDocument();
  });
});

describe('the awards of a period', () => {
  const REWARDED = aBoard('weekly', { name: 'Weekly', periods: ['weekly'], rewards: { period: 'weekly', rewards: [] } });
  const WEEK = { kind: 'weekly', starts_at: '2026-11-23T00:00:00.000Z', ends_at: '2026-11-30T00:00:00.000Z', current: false, final: true, indexed: true };

  function award(userId: number, change: Partial<Award> = {}): Award {
    return { board: 'weekly', period: '2026-W48', user_id: userId, reward: 'winner', rank: userId, payload: { gold: 50 }, granted_at: TIME, revoked_at: null, claim: null, ...change };
  }

  function openAwards(boards: unknown[]) {
    return openConsole('/console/awards', (url, body) => {
      switch (url.pathname) {
        case '/api/boards':
          return { boards };
        case '/api/boards/weekly/periods':
          return { periods: [{ ...WEEK, period: '2026-W49', current: true }, { ...WEEK, period: '2026-W48' }] };
        case '/api/boards/weekly/awards':
          return url.searchParams.has('cursor')
            ? { awards: [award(3, { reward: 'podium' })], next: null }
            : { awards: [award(1, { claim: { claim_id: 'c', claimed_at: TIME, claimed_by: 'key:game' } }), award(2, { revoked_at: TIME })], next: '2' };
        case '/api/users/lookup':
          return { users: (body as { user_ids: number[] }).user_ids.map((id) => ({ user_id: id, username: `name ${id}`, created_at: TIME })) };
        case '/api/admin/audit': {
          const entry = { at: TIME, actor: 'settlement', action: url.searchParams.get('action'), board: 'weekly', user_id: 2, reason: null, person: null };
          const isRevoked = entry.action === 'award.revoke';
          return { entries: ['2026-W48', '2026-W47'].filter(() => isRevoked).map((period) => ({ ...entry, details: { period, reward: 'winner' } })), next: null };
        }
        default:
          return undefined;
      }
    });
  }

  it('are listed with their claims, and with the changes after moderation', async () => {
    const { user } = openAwards([aBoard('default'), REWARDED]);
    const table = await screen.findByRole('table', { name: 'Awards' });
    expect(await within(table).findByRole('link', { name: 'name 1' })).toBeInTheDocument();
    const [, first, second] = within(table).getAllByRole('row');
    expect(first).toHaveTextContent(/winner\{"gold":50\}Claimed .*key:game/);
    expect(second).toHaveTextContent(/winner.*Revoked/);
    await user.click(screen.getByRole('button', { name: 'Show more awards' }));
    expect(await within(table).findByText('podium')).toBeInTheDocument();
    expect(within(table).getByText('Not claimed')).toBeInTheDocument();
    const changes = screen.getByRole('region', { name: 'Changes after the settlement' });
    expect(within(changes).getAllByRole('listitem')).toHaveLength(1);
    expect(changes).toHaveTextContent(/Revokedwinnername 2/);
  });

  it('need a board with rewards', async () => {
    openAwards([aBoard('default')]);
    expect(await screen.findByText('No board has rewards')).toBeInTheDocument();
  });
});
