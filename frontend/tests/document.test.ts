import { existsSync, readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

const html = new DOMParser().parseFromString(readFileSync('index.html', 'utf8'), 'text/html');

/** Return the value of an attribute of the first element that matches the selector, empty without one. */
function attribute(selector: string, name: string): string {
  return html.querySelector(selector)?.getAttribute(name) ?? '';
}

it('the document has icons and a manifest, which are there', () => {
  const manifest = attribute('link[rel=manifest]', 'href');
  const icons = [...html.querySelectorAll('link[rel=icon], link[rel=apple-touch-icon]')].map((link) => link.getAttribute('href') ?? '');
  expect(icons.length).toBeGreaterThan(2);
  const { icons: large } = JSON.parse(readFileSync(`public/${manifest}`, 'utf8')) as { icons: { src: string }[] };
  const files = [manifest, ...icons, ...large.map(({ src }) => src), attribute('meta[property="og:image"]', 'content')];
  expect(files.filter((file) => !existsSync(`public/${file}`))).toEqual([]);
});

it('the document has tags for the preview of a link', () => {
  for (const name of ['og:title', 'og:description', 'og:site_name', 'og:type']) {
    expect(attribute(`meta[property="${name}"]`, 'content'), name).not.toBe('');
  }
  expect(attribute('meta[name=theme-color]', 'content')).toMatch(/^#[0-9a-f]{6}$/);
  expect(html.title).toBe('LeaderForge');
});
