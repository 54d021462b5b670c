import { readFileSync } from 'node:fs';

import { expect, it, vi } from 'vitest';

import { avatarOf, DEFAULTS, loadConfig, parseConfig } from '../src/config';
import { serve } from './server';

it('takes what is well formed', () => {
  const config = { apiBaseUrl: 'https://api.example.org/', title: ' Chess ', board: 'blitz', devMode: true, console: true, events: false, language: 'de', accent: 'red', logo: 'javascript:alert(1)' };
  expect(parseConfig(config)).toEqual({ ...DEFAULTS, ...config, accent: null, logo: null, apiBaseUrl: 'https://api.example.org', title: 'Chess' });
});

it.each([null, 'x', [], { board: 'No such/board', title: '', devMode: 'yes', console: 1, events: null, apiBaseUrl: 1 }])(
  'falls back to the defaults for %j',
  (found) => {
    expect(parseConfig(found)).toEqual(DEFAULTS);
  },
);

it('shows no pages of developers and operators in a copied build', () => {
  const shipped = parseConfig(JSON.parse(readFileSync('public/config.json', 'utf8')));
  expect(shipped).toMatchObject({ devMode: false, console: false });
});

it.each([
  ['https://cdn.example.org/{user_id}.png', 'https://cdn.example.org/-7.png'],
  ['avatars/{user_id}', new URL('avatars/-7', document.baseURI).href],
  ['https://cdn.example.org/all.png', null],
  ['javascript:{user_id}', null],
])('takes the address %s for pictures of players', (avatars, address) => {
  expect(avatarOf(parseConfig({ avatars }), -7)).toBe(address);
});

it('is read from beside the page', async () => {
  const { asked } = serve(() => ({ body: { title: 'Go' } }));
  expect((await loadConfig()).title).toBe('Go');
  expect(asked()).toEqual([new URL('config.json', document.baseURI).href]);
});

it('is the default where there is none', async () => {
  serve(() => ({ status: 404 }));
  expect(await loadConfig()).toEqual(DEFAULTS);
  vi.stubGlobal('fetch', vi.fn().mockRejectedValue(new TypeError()));
  expect(await loadConfig([1])).toEqual(DEFAULTS);
});

it('is requested again after a failure', async () => {
  let asked = 0;
  serve(() => {
    asked += 1;
    return asked === 1 ? { status: 503 } : { body: { apiBaseUrl: 'https://api.example.org' } };
  });
  expect((await loadConfig([1])).apiBaseUrl).toBe('https://api.example.org');
});

it('resolves pictures and links, and refuses scripts', () => {
  const { logo, hero, links } = parseConfig({
    logo: 'logo.svg',
    hero: 'data:text/html,x',
    links: [{ label: 'Rules', href: 'rules.html' }, { label: 'x', href: 'javascript:alert(1)' }, { href: 'y' }, null],
  });
  expect([logo, hero]).toEqual([new URL('logo.svg', document.baseURI).href, null]);
  expect(links).toEqual([{ label: 'Rules', href: new URL('rules.html', document.baseURI).href }]);
});
