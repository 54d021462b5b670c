import { act, screen, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { setAdminKey } from '../src/api/adminKey';
import * as consoleTexts from './consoleTexts';
import { de } from '../src/i18n/de';
import { en, type Messages } from '../src/i18n/en';
import { es } from '../src/i18n/es';
import { ja } from '../src/i18n/ja';
import { firstLanguage, regionalTag } from '../src/i18n/languages';
import { setLocale } from '../src/i18n/locale';
import { preferredLanguage, speak } from '../src/i18n/text';
import { open } from './page';
import { OWNER, board, serve } from './server';

/** Catalogues by language: of the page, and of the console. */
const PAGE: Record<string, Messages> = { en, de, es, ja };
const CATALOGUES = [
  ...Object.entries(PAGE).map(([tag, messages]) => ['page', tag, messages, en] as const),
  ...Object.entries(consoleTexts).map(([tag, messages]) => ['console', tag, messages, consoleTexts.en] as const),
];

afterEach(() => speak('en'));

/** Return each text of a catalogue with its path. Functions are called with invented arguments. */
function texts(messages: object, path = ''): [string, string][] {
  return Object.entries(messages).flatMap(([key, message]: [string, unknown]) => {
    if (typeof message === 'string') return [[`${path}${key}`, message]];
    if (typeof message === 'function') return [[`${path}${key}`, (message as (...values: unknown[]) => string)(...argumentsOf(key))]];
    return texts(message as object, `${path}${key}.`);
  });
}

function argumentsOf(key: string): unknown[] {
  const named: Record<string, unknown[]> = {
    rules: ['best', 'asc'],
    halfHave: ['12', 'asc'],
    ends: ['2d', 'Sun 24:00', 'Mon 14:00 Tokyo'],
    ranksShown: [12, 34, 56],
    rankOf: [12, 34],
    now: ['Ada', 12],
    among: ['Ada', 12, '34', '56'],
    scoreWent: ['12', '34', 56],
    rangeCount: ['12', '34', 56],
    forbidden: ['moderator', 'erase_players'],
    already: ['owner'],
    hiddenBy: [12, ['entry', 'player']],
    receives: [['12'], ['34']],
    finalWarning: ['Ada', 12, '34'],
    chart: ['Ada', '12', '34', '56', '78'],
  };
  return named[key] ?? [12, '34'];
}

/** Paths of the texts that may be equal in English and in another language. */
const SAME = new Set(['live', 'links', 'name', 'tabs.moderation', 'form.nameGroup', 'state.partition', 'state.compared']);

/** Return the names in braces, which stand for parts of the page. */
function parts(text = ''): string[] {
  return (text.match(/\{\w+\}/g) ?? []).toSorted();
}

describe.each(CATALOGUES)('the catalogue of the %s in %s', (_, tag, messages, inEnglish) => {
  it('has a text for each key, with all values', () => {
    setLocale(tag);
    const english = new Map(texts(inEnglish));
    for (const [path, text] of texts(messages)) {
      expect(text.trim(), path).not.toBe('');
      const numbers = (value = '') => (value.match(/\d+/g) ?? []).toSorted();
      // A translation may repeat a value, but must not omit one.
      expect(numbers(text), path).toEqual(expect.arrayContaining(numbers(english.get(path))));
      expect(parts(text), path).toEqual(parts(english.get(path)));
    }
    expect(texts(messages).map(([path]) => path)).toEqual([...english.keys()]);
  });

  it('leaves few texts as they are in English', () => {
    if (tag === 'en') return;
    setLocale(tag);
    const english = new Map(texts(inEnglish));
    const equal = texts(messages).filter(([path, text]) => text === english.get(path) && /[a-z]{3}/i.test(text));
    expect(equal.map(([path]) => path).filter((path) => !SAME.has(path))).toEqual([]);
  });
});

/** Technical words and literal translations. The texts must use the words of players and operators instead. */
const CLUMSY = /did not work|^look$|\bdo it\b|forget the key|none differs|name in addresses|`|^second score$| and \w+ and /i;

describe('the words', () => {
  it.each([
    ['the page', en, /\bsubmissions?\b/i],
    ['the console', consoleTexts.en, null],
  ] as const)('of %s are common ones', (_, messages, programs) => {
    setLocale('en');
    for (const [path, text] of texts(messages)) {
      expect(text, path).not.toMatch(CLUMSY);
      if (programs) expect(text, path).not.toMatch(programs);
    }
  });
});

describe('the language', () => {
  it.each([
    [['ar-EG', 'de-AT', 'en'], 'de'],
    [['fr', 'it'], null],
    [['ja'], 'ja'],
  ])('of a browser that prefers %j is %s', (tags, language) => {
    expect(firstLanguage(tags)).toBe(language);
  });

  it('decides the numbers, in the reader’s region', () => {
    expect(regionalTag('de', ['ar-EG', 'de-CH'])).toBe('de-CH');
    expect(regionalTag('en', ['ar-EG', 'de-CH'])).toBe('en');
  });

  it('is the chosen, the configured or the browser’s one', () => {
    expect(preferredLanguage('es')).toBe('es');
    localStorage.setItem('leaderforge.language', 'ja');
    expect(preferredLanguage('es')).toBe('ja');
    localStorage.setItem('leaderforge.language', 'xx');
    expect(preferredLanguage(null)).toBe('en');
  });

  it('is one at a time: words, numbers, times and the document', async () => {
    vi.spyOn(navigator, 'languages', 'get').mockReturnValue(['de-DE', 'en']);
    serve(board(1_234_567));
    open('/');
    expect(await screen.findByText(/1\.234\.567 Spielern$/)).toBeInTheDocument();
    expect(document.documentElement.lang).toBe('de');
    expect(screen.getByRole('link', { name: 'Freunde' })).toBeInTheDocument();
    expect(document.body.textContent).not.toMatch(/player \d+ plays|Leaderboard|submission/);
  });

  it('changes by the picker, and stays', async () => {
    serve(board(50));
    const { user } = open('/friends');
    await user.click(await screen.findByRole('button', { name: 'Settings' }));
    await user.selectOptions(screen.getByLabelText('Language'), '日本語');
    expect(await screen.findByRole('heading', { level: 1, name: 'フレンド' })).toBeInTheDocument();
    expect(document.documentElement.lang).toBe('ja');
    expect(localStorage.getItem('leaderforge.language')).toBe('ja');
    await waitFor(() => expect(document.title).toContain('フレンド'));
  });

  it('is also the console’s, all of it', async () => {
    serve((url, init) => {
      if (url.pathname === '/api/admin/me') return { body: OWNER };
      if (url.pathname === '/api/admin/keys') return { body: { keys: [], environment: [] } };
      return board(50)(url, init);
    });
    act(() => setAdminKey('key'));
    const { user } = open('/console/keys', { language: 'de', console: true });
    expect(await screen.findByText(/^Lege einen Schlüssel an/)).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Abmelden' })).toBeInTheDocument();
    expect(document.title).toContain('Konsole');
    await user.click(screen.getByRole('button', { name: 'Einstellungen' }));
    await user.selectOptions(screen.getByLabelText('Sprache'), 'Español');
    expect(await screen.findByRole('button', { name: 'Crear una clave' })).toBeInTheDocument();
    act(() => setAdminKey(null));
  });

  it('is English on the page of developers, all of it', async () => {
    serve(board(50));
    const { router } = open('/', { language: 'de', devMode: true });
    expect(await screen.findByRole('link', { name: 'Freunde' })).toBeInTheDocument();
    await router.navigate({ to: '/submit' });
    expect(await screen.findByRole('heading', { level: 1, name: 'Submit a score' })).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'Friends' })).toBeInTheDocument();
    expect(document.documentElement.lang).toBe('en');
    await router.navigate({ to: '/' });
    expect(await screen.findByRole('link', { name: 'Freunde' })).toBeInTheDocument();
  });
});
