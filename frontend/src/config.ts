import { isLanguage, type Language } from './i18n/languages';
import { BOARD } from './ladder/search';

export interface SiteLink {
  readonly label: string;
  readonly href: string;
}

/** Settings of a deployment, from config.json in the folder of the page. */
export interface Config {
  /** Base URL of the API. Empty means the host that serves the page. */
  readonly apiBaseUrl: string;
  readonly title: string;
  readonly board: string;
  /** True to show the page for trial submissions. */
  readonly devMode: boolean;
  /** True to show the operators' console. It always asks for a sign-in. */
  readonly console: boolean;
  /** True if the API streams events. Functions on AWS Lambda cannot. */
  readonly events: boolean;
  /** Language of the page, unless the reader chose one. Null means the language of the browser. */
  readonly language: Language | null;
  /** Address of a picture in place of the product's mark. */
  readonly logo: string | null;
  /** Colour of links and buttons, as `#rrggbb`. */
  readonly accent: string | null;
  /** Address of a picture above the leaderboard. */
  readonly hero: string | null;
  /** Address of each player's picture, with `{user_id}` in it. If null, the page shows initials. */
  readonly avatars: string | null;
  /** Links at the foot of each page. */
  readonly links: readonly SiteLink[];
  /** Name of the subscore of each board, by the board's slug. */
  readonly subscores: Readonly<Record<string, string>>;
}

export const DEFAULTS: Config = {
  apiBaseUrl: '',
  title: 'LeaderForge',
  board: 'default',
  devMode: false,
  console: false,
  events: true,
  language: null,
  logo: null,
  accent: null,
  hero: null,
  avatars: null,
  links: [],
  subscores: {},
};

const COLOUR = /^#[0-9a-f]{6}$/i;
const USER_ID = '{user_id}';
const PAUSES_MS = [300, 1_500];

/** Return the settings. A missing or malformed setting has its default. */
export function parseConfig(content: unknown): Config {
  if (typeof content !== 'object' || content === null) return DEFAULTS;
  const { apiBaseUrl, title, board, language, logo, accent, hero, avatars, links, subscores, ...switches } = content as Record<string, unknown>;
  return {
    apiBaseUrl: typeof apiBaseUrl === 'string' ? apiBaseUrl.replace(/\/+$/, '') : DEFAULTS.apiBaseUrl,
    title: isText(title) ? title.trim() : DEFAULTS.title,
    board: typeof board === 'string' && BOARD.test(board) ? board : DEFAULTS.board,
    devMode: isOn(switches, 'devMode'),
    console: isOn(switches, 'console'),
    events: isOn(switches, 'events'),
    language: isLanguage(language) ? language : null,
    logo: address(logo, ['http:', 'https:']),
    accent: typeof accent === 'string' && COLOUR.test(accent) ? accent : null,
    hero: address(hero, ['http:', 'https:']),
    avatars: isText(avatars) && avatars.includes(USER_ID) && address(avatars.replaceAll(USER_ID, '1'), ['http:', 'https:']) !== null ? avatars : null,
    links: Array.isArray(links) ? links.flatMap(siteLink) : [],
    subscores: names(subscores),
  };
}

function isOn(switches: Record<string, unknown>, name: 'devMode' | 'console' | 'events'): boolean {
  const value = switches[name];
  return typeof value === 'boolean' ? value : DEFAULTS[name];
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

/** Return a value as an absolute address, resolved from the page's folder. Null for a protocol not in the list. */
function address(value: unknown, protocols: readonly string[]): string | null {
  if (!isText(value) || !URL.canParse(value, document.baseURI)) return null;
  const url = new URL(value, document.baseURI);
  return protocols.includes(url.protocol) ? url.href : null;
}

/** Return the address of a player's picture, null without one. */
export function avatarOf(config: Config, userId: number): string | null {
  return config.avatars && new URL(config.avatars.replaceAll(USER_ID, String(userId)), document.baseURI).href;
}

function siteLink(value: unknown): SiteLink[] {
  const { label, href } = (value ?? {}) as Record<string, unknown>;
  const target = address(href, ['http:', 'https:', 'mailto:']);
  return isText(label) && target !== null ? [{ label: label.trim(), href: target }] : [];
}

function names(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter((pair): pair is [string, string] => isText(pair[1])));
}

/**
 * Return the settings of config.json. Retry if the request fails: without the settings, the page may not find its API.
 */
export async function loadConfig(pauses: readonly number[] = PAUSES_MS): Promise<Config> {
  for (const pause of pauses) {
    const config = await requested();
    if (config) return config;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return (await requested()) ?? DEFAULTS;
}

/** Return the settings, the defaults if the file is missing or malformed, null if the request failed. */
async function requested(): Promise<Config | null> {
  try {
    const reply = await fetch(new URL('config.json', document.baseURI), { cache: 'no-cache' });
    if (reply.ok) return parseConfig(await reply.json().catch(() => null));
    return reply.status < 500 ? DEFAULTS : null;
  } catch {
    return null;
  }
}
