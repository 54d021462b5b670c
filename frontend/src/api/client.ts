import { condition } from './condition';
import { Unreachable, refusal } from './errors';

interface Kept {
  readonly etag: string;
  readonly body: unknown;
}

/** A reply with everything that a developer wants to see of it. */
export interface Exchange {
  readonly status: number;
  readonly ms: number;
  readonly requestId: string | null;
  readonly source: string | null;
  readonly body: unknown;
}

const KEPT_AT_MOST = 200;
const BAD_GATEWAY = 502;

/** Reads with ETags, so that what has not changed is neither sent nor drawn again. */
export class Client {
  readonly #base: string;
  readonly #kept = new Map<string, Kept>();

  constructor(base: string) {
    this.#base = base;
  }

  /** Return what is there: the same object as before as long as it has not changed. */
  async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    const kept = this.#kept.get(path);
    const reply = await this.#fetch(path, {
      // The browser's own cache would answer a 304 with its copy, which is then parsed and compared for nothing.
      cache: 'no-store',
      headers: kept ? { 'If-None-Match': kept.etag } : {},
      ...(signal && { signal }),
    });
    if (reply.status === 304 && kept) {
      this.#keep(path, kept);
      return kept.body as T;
    }
    if (reply.status >= BAD_GATEWAY) condition.set('unreachable');
    if (!reply.ok) throw await refusal(reply);
    const body: unknown = await reply.json();
    const etag = reply.headers.get('ETag');
    if (etag) this.#keep(path, { etag, body });
    return body as T;
  }

  /** Ask with a body for what is there. */
  async query<T>(path: string, question: unknown, signal?: AbortSignal): Promise<T> {
    const reply = await this.#fetch(path, { ...json(question), ...(signal && { signal }) });
    if (!reply.ok) throw await refusal(reply);
    return (await reply.json()) as T;
  }

  /** Send it as it is and return what came back, errors too. */
  async exchange(path: string, body: unknown, key: string): Promise<Exchange> {
    const { headers, ...rest } = json(body);
    const begin = performance.now();
    const reply = await this.#fetch(path, { ...rest, headers: { ...headers, Authorization: `Bearer ${key}` } });
    const text = await reply.text();
    return {
      status: reply.status,
      ms: performance.now() - begin,
      requestId: reply.headers.get('X-Request-Id'),
      source: reply.headers.get('X-LeaderForge-Source'),
      body: parsed(text),
    };
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    let reply: Response;
    try {
      reply = await fetch(`${this.#base}${path}`, init);
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      condition.set('unreachable');
      throw new Unreachable('no answer', { cause: error });
    }
    this.#observe(path, reply);
    return reply;
  }

  #observe(path: string, reply: Response): void {
    const source = reply.headers.get('X-LeaderForge-Source');
    // Players always come from the database; only ranks that do are a sign of trouble.
    const ranked = path.startsWith('/api/boards/');
    if (ranked && source) condition.set(source === 'postgres' ? 'degraded' : 'fine');
    else if (condition.get() === 'unreachable' && reply.status < 500) condition.set('fine');
  }

  #keep(path: string, kept: Kept): void {
    this.#kept.delete(path);
    this.#kept.set(path, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_AT_MOST && oldest !== undefined) this.#kept.delete(oldest);
  }
}

function json(body: unknown): { method: string; headers: Record<string, string>; body: string } {
  return { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
