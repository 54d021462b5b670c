import { describe, expect, it, vi } from 'vitest';

import { Client } from '../src/api/client';
import { condition } from '../src/api/condition';
import { Refused, Unreachable, inWords, isTransient } from '../src/api/errors';
import { pauseMs } from '../src/api/queryClient';
import { refusal, serve } from './server';

const PATH = '/api/boards/default/top?limit=3';

describe('reading', () => {
  it('sends the ETag and returns the same object for a 304', async () => {
    const { fetch } = serve((_, init) =>
      new Headers(init.headers).get('If-None-Match') === 'W/"1"'
        ? { status: 304 }
        : { body: { total: 1 }, headers: { ETag: 'W/"1"' } },
    );
    const client = new Client('http://api.test');
    const first = await client.get(PATH);
    const second = await client.get(PATH);
    expect(second).toBe(first);
    expect(fetch).toHaveBeenCalledTimes(2);
    expect(fetch.mock.calls[0]?.[0]).toBe(`http://api.test${PATH}`);
  });

  it('takes what is new', async () => {
    let version = 0;
    serve(() => ({ body: { version: ++version }, headers: { ETag: `W/"${version}"` } }));
    const client = new Client('');
    expect(await client.get(PATH)).toEqual({ version: 1 });
    expect(await client.get(PATH)).toEqual({ version: 2 });
  });

  it('forgets the oldest when it has kept many', async () => {
    const { fetch } = serve((url) => ({ body: {}, headers: { ETag: `W/"${url.search}"` } }));
    const client = new Client('');
    for (let at = 0; at <= 200; at++) await client.get(`/api/x?${at}`);
    await client.get('/api/x?0');
    await client.get('/api/x?200');
    const sent = fetch.mock.calls.map(([, init]) => new Headers(init?.headers).has('If-None-Match'));
    expect(sent.at(-2)).toBe(false);
    expect(sent.at(-1)).toBe(true);
  });

  it('makes errors of refusals', async () => {
    serve(() => refusal(404, 'not_ranked', 'player 5 has no score'));
    await expect(new Client('').get(PATH)).rejects.toMatchObject({ status: 404, code: 'not_ranked' });
  });

  it('makes errors of what is not even an error of the API', async () => {
    serve(() => ({ status: 502, body: 'bad gateway' }));
    await expect(new Client('').get(PATH)).rejects.toMatchObject({ status: 502, code: 'unknown' });
  });
});

describe('the condition', () => {
  it('is degraded while ranks come from the database', async () => {
    let source = 'postgres';
    serve(() => ({ body: {}, headers: { 'X-LeaderForge-Source': source } }));
    const client = new Client('');
    await client.get('/api/users?prefix=a');
    expect(condition.get()).toBe('fine');
    await client.get(PATH);
    expect(condition.get()).toBe('degraded');
    source = 'cache';
    await client.get(PATH);
    expect(condition.get()).toBe('fine');
  });

  it('is unreachable until something answers', async () => {
    vi.stubGlobal('fetch', vi.fn().mockRejectedValueOnce(new TypeError('Failed to fetch')));
    await expect(new Client('').get(PATH)).rejects.toBeInstanceOf(Unreachable);
    expect(condition.get()).toBe('unreachable');
    serve(() => ({ body: {} }));
    await new Client('').get(PATH);
    expect(condition.get()).toBe('fine');
  });

  it('is unreachable while the service is unavailable, and says when to come back', async () => {
    serve(() => ({ ...refusal(503, 'unavailable', 'down'), headers: { 'Retry-After': '3' } }));
    const failure = await new Client('').get(PATH).catch((error: unknown) => error);
    expect(condition.get()).toBe('unreachable');
    expect(pauseMs(0, failure)).toBe(3_000);
    expect(pauseMs(2, failure)).toBe(4_000);
    expect(pauseMs(9, new Unreachable(''))).toBe(10_000);
  });

  it('does not change when a page is left while it loads', async () => {
    vi.stubGlobal('fetch', vi.fn().mockRejectedValueOnce(new DOMException('left', 'AbortError')));
    await expect(new Client('').get(PATH)).rejects.toMatchObject({ name: 'AbortError' });
    expect(condition.get()).toBe('fine');
  });
});

it('shows an exchange as it was, errors too', async () => {
  const { fetch } = serve(() => ({ ...refusal(401, 'unauthenticated', 'no'), headers: { 'X-Request-Id': 'abc' } }));
  const exchange = await new Client('').exchange('/api/scores', { score: 1 }, 'secret');
  expect(exchange).toMatchObject({ status: 401, requestId: 'abc', body: { error: { code: 'unauthenticated' } } });
  expect(new Headers(fetch.mock.calls[0]?.[1]?.headers).get('Authorization')).toBe('Bearer secret');
});

describe('errors', () => {
  it('are said in words', () => {
    expect(inWords(new Refused(422, 'invalid', 'limit must be at most 1000'))).toBe('Limit must be at most 1000.');
    for (const status of [401, 403, 500, 503]) expect(inWords(new Refused(status, '', 'x'))).not.toContain('x.');
    expect(inWords(new Unreachable(''))).toContain('is unreachable');
    expect(inWords(new TypeError('a is undefined'))).not.toContain('undefined');
  });

  it('are worth another try if they may pass', () => {
    expect(isTransient(new Refused(503, '', ''))).toBe(true);
    expect(isTransient(new Unreachable(''))).toBe(true);
    expect(isTransient(new Refused(404, '', ''))).toBe(false);
  });
});
