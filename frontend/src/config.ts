import { BOARD } from './ladder/search';

/** What one deployment sets, beside the page in config.json. */
export interface Config {
  /** Where the API is; empty: on the host that serves the page. */
  readonly apiBaseUrl: string;
  readonly title: string;
  readonly board: string;
  /** Whether the page for trying submissions is shown. */
  readonly devMode: boolean;
  /** Whether operators find their console here; it needs an admin key in any case. */
  readonly console: boolean;
  /** Whether the API sends events; functions on AWS Lambda cannot. */
  readonly events: boolean;
}

export const DEFAULTS: Config = { apiBaseUrl: '', title: 'LeaderForge', board: 'default', devMode: false, console: false, events: true };

/** Return the settings in it; what is missing or malformed is as by default. */
export function parseConfig(found: unknown): Config {
  if (typeof found !== 'object' || found === null) return DEFAULTS;
  const { apiBaseUrl, title, board, ...switches } = found as Record<string, unknown>;
  return {
    apiBaseUrl: typeof apiBaseUrl === 'string' ? apiBaseUrl.replace(/\/+$/, '') : DEFAULTS.apiBaseUrl,
    title: typeof title === 'string' && title.trim() ? title.trim() : DEFAULTS.title,
    board: typeof board === 'string' && BOARD.test(board) ? board : DEFAULTS.board,
    devMode: isOn(switches, 'devMode'),
    console: isOn(switches, 'console'),
    events: isOn(switches, 'events'),
  };
}

function isOn(switches: Record<string, unknown>, name: 'devMode' | 'console' | 'events'): boolean {
  const found = switches[name];
  return typeof found === 'boolean' ? found : DEFAULTS[name];
}

export async function loadConfig(): Promise<Config> {
  try {
    const reply = await fetch(new URL('config.json', document.baseURI), { cache: 'no-cache' });
    return reply.ok ? parseConfig(await reply.json()) : DEFAULTS;
  } catch {
    return DEFAULTS;
  }
}
