import { afterEach, describe, expect, it } from 'vitest';

import { DEFAULTS } from '../src/config';
import { createAppRouter } from '../src/router';

const { origin } = window.location;

afterEach(() => {
  document.head.innerHTML = '';
  window.history.replaceState(null, '', '/');
});

/** Open the page at an address. `folder` is the base that the server inserts, null for a server that inserts none. */
async function opened(address: string, folder: string | null) {
  if (folder !== null) document.head.innerHTML = `<base href="${origin}${folder}">`;
  window.history.replaceState(null, '', address);
  const router = createAppRouter(DEFAULTS);
  await router.load();
  return router;
}

describe('an address', () => {
  it.each([
    ['/player/3?board=laps', '/', '/player/3?board=laps'],
    ['/ranks/player/3', '/ranks/', '/ranks/player/3'],
    ['/ranks/', '/ranks/', '/ranks/'],
    ['/#/player/3?board=laps', '/', '/player/3?board=laps'],
    ['/ranks/#/friends', '/ranks/', '/ranks/friends'],
    ['/ranks/#/player/3', null, '/ranks/#/player/3'],
  ])('%s in the folder %s is shown as %s', async (address, folder, shown) => {
    const router = await opened(address, folder);
    expect(window.location.href).toBe(`${origin}${shown}`);
    const page = /player|friends/.exec(shown)?.[0] ?? '';
    expect(router.state.matches.at(-1)?.routeId).toContain(page);
    expect(router.state.matches.at(-1)?.routeId).not.toBe('__root__');
  });

  it('of an earlier version leads on while the page is open', async () => {
    const router = await opened('/ranks/', '/ranks/');
    window.location.hash = '#/player/5';
    await new Promise((resolve) => window.addEventListener('hashchange', resolve, { once: true }));
    await router.load();
    expect(window.location.pathname).toBe('/ranks/player/5');
  });

  it('of a link has the folder', async () => {
    const router = await opened('/ranks/', '/ranks/');
    expect(router.buildLocation({ to: '/player/$id', params: { id: '7' } }).publicHref).toBe('/ranks/player/7');
  });
});
