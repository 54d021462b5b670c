import { afterEach, describe, expect, it, vi } from 'vitest';

import { ChunkFailed, chunk, reloadIfServed } from '../src/chunks';

const PAUSES = [1, 1];

afterEach(() => {
  document.head.innerHTML = '';
  vi.unstubAllGlobals();
});

/** Stub the page's script element, the server's answer, and the browser's location. */
function page(answer: string | Error, online = true) {
  const reload = vi.fn();
  document.head.innerHTML = '<script type="module" src="/assets/index-1.js"></script>';
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(online);
  vi.stubGlobal('location', { href: 'http://page.test/', reload });
  vi.stubGlobal('fetch', vi.fn(() => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(new Response(answer)))));
  return reload;
}

describe('a part of the page', () => {
  it('is requested again after a failure', async () => {
    const load = vi.fn().mockRejectedValueOnce(new TypeError('failed')).mockResolvedValue('part');
    expect(await chunk(load, PAUSES)).toBe('part');
    expect(load).toHaveBeenCalledTimes(2);
  });

  it.each([
    ['the same page', 'src="./assets/index-1.js"', true],
    ['no answer', new TypeError('no server'), true],
    ['no connection', 'src="./assets/index-2.js"', false],
  ])('that stays away with %s is a failure without a reload', async (_, answer, online) => {
    const reload = page(answer, online);
    await expect(chunk(() => Promise.reject(new TypeError('failed')), PAUSES)).rejects.toThrow(ChunkFailed);
    expect(reload).not.toHaveBeenCalled();
  });

  it('that failed without a connection is loaded by a reload once the server answers', async () => {
    page(new TypeError('no server'), false);
    await expect(chunk(() => Promise.reject(new TypeError('failed')), PAUSES)).rejects.toThrow(ChunkFailed);
    const reload = page('src="./assets/index-1.js"');
    void chunk(() => Promise.reject(new TypeError('failed')), PAUSES);
    await vi.waitFor(() => expect(reload).toHaveBeenCalledOnce());
  });

  it('of an older deployment loads the new one', async () => {
    const reload = page('src="./assets/index-2.js"');
    void chunk(() => Promise.reject(new TypeError('failed')), PAUSES);
    await vi.waitFor(() => expect(reload).toHaveBeenCalledOnce());
  });
});

describe('a reload', () => {
  it.each([
    ['with a server', 'index-1.js', true, 1],
    ['without a connection', 'index-1.js', false, 0],
    ['without a server', new TypeError('no server'), true, 0],
  ])('%s', async (_, answer, online, times) => {
    const reload = page(answer, online);
    await reloadIfServed();
    expect(reload).toHaveBeenCalledTimes(times);
  });
});
