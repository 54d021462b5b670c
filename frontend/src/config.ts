/** What one deployment sets, beside the page in config.json. */
export interface Config {
  /** Where the API is; empty: on the host that serves the page. */
  readonly apiBaseUrl: string;
  readonly title: string;
  readonly board: string;
  /** Whether the page for trying submissions is shown. */
  readonly devMode: boolean;
}

export const DEFAULTS: Config = { apiBaseUrl: '', title: 'LeaderForge', board: 'default', devMode: false };

const BOARD = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** Return the settings in it; what is missing or malformed is as by default. */
export function parseConfig(found: unknown): Config {
  if (typeof found !== 'object' || found === null) return DEFAULTS;
  const { apiBaseUrl, title, board, devMode } = found as Record<string, unknown>;
  return {
    apiBaseUrl: typeof apiBaseUrl === 'string' ? apiBaseUrl.replace(/\/+$/, '') : DEFAULTS.apiBaseUrl,
    title: typeof title === 'string' && title.trim() ? title.trim() : DEFAULTS.title,
    board: typeof board === 'string' && BOARD.test(board) ? board : DEFAULTS.board,
    devMode: typeof devMode === 'boolean' ? devMode : DEFAULTS.devMode,
  };
}

export async function loadConfig(): Promise<Config> {
  try {
    const reply = await fetch(new URL('config.json', document.baseURI), { cache: 'no-cache' });
    return reply.ok ? parseConfig(await reply.json()) : DEFAULTS;
  } catch {
    return DEFAULTS;
  }
}
