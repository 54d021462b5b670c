import type { components } from '../api/schema';

export type Top = components['schemas']['TopOut'];
export type Board = components['schemas']['BoardOut'];

/**
 * Board and options of a widget, from the attributes of its element. `api` is the address of the service, with a final
 * slash.
 */
export interface Source {
  readonly api: string;
  readonly board: string;
  readonly period: string;
  readonly limit: number;
}

const POLL_MS = 2_000;

/** Return the board's settings, null if the answer is an error. */
export async function readBoard(source: Source, signal: AbortSignal): Promise<Board | null> {
  const response = await fetch(address(source, ''), { signal });
  return response.ok ? ((await response.json()) as Board) : null;
}

/**
 * Follow the board's first entries until the signal is aborted: by the live stream or, if the service cannot stream, by
 * polling with the ETag. `onTop` gets null when the connection is lost.
 */
export function follow(source: Source, signal: AbortSignal, onTop: (top: Top | null) => void): void {
  const events = new EventSource(address(source, '/stream'));
  signal.addEventListener('abort', () => events.close());
  events.addEventListener('top', (event) => onTop(JSON.parse((event as MessageEvent<string>).data) as Top));
  events.onerror = () => {
    onTop(null);
    // If the answer was not 200, poll instead. After a lost connection, the browser reconnects to the stream by itself.
    if (events.readyState === EventSource.CLOSED) void poll(source, signal, onTop);
  };
}

async function poll(source: Source, signal: AbortSignal, onTop: (top: Top | null) => void): Promise<void> {
  let tag = '';
  while (!signal.aborted) {
    try {
      const headers = tag === '' ? {} : { 'If-None-Match': tag };
      const response = await fetch(address(source, '/top'), { headers, signal, cache: 'no-store' });
      if (response.ok) {
        tag = response.headers.get('ETag') ?? '';
        onTop((await response.json()) as Top);
      } else if (response.status !== 304) {
        onTop(null);
      }
    } catch (error) {
      if ((error as Error).name === 'AbortError') return;
      onTop(null);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function address({ api, board, period, limit }: Source, call: string): string {
  const url = new URL(`api/boards/${encodeURIComponent(board)}${call}`, api);
  if (call !== '') {
    url.searchParams.set('period', period);
    url.searchParams.set('limit', String(limit));
  }
  return url.href;
}
