import { BOARD } from './ladder/search';

/** Settings of a deployment, from config.json beside the page. */
export interface Config {
  /** Base URL of the API. Empty means the host that serves the page. */
  readonly apiBaseUrl: string;
  readonly title: string;
  readonly board: string;
  /** True to show the page for trial submissions. */
  readonly devMode: boolean;
  /** True to show the operators' console. It needs an admin key in all cases. */
  readonly console: boolean;
  /** True if the API streams events. Functions on AWS Lambda cannot. */
  readonly events: boolean;
}

export const DEFAULTS: Config = { apiBaseUrl: '', title: 'LeaderForge', board: 'default', devMode: false, console: false, events: true };

/** Return the settings. Missing or malformed ones have their defaults. */
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
