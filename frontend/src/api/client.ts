import { condition } from './condition';
import { Unreachable, refusal } from './errors';

interface Kept {
  readonly etag: string;
  readonly body: unknown;
}

/** Reply with its details for developers: status, duration in ms, request id, source and body. */
export interface Exchange {
  readonly status: number;
  readonly ms: number;
  readonly requestId: string | null;
  readonly source: string | null;
  readonly body: unknown;
}

type Init = Omit<RequestInit, 'headers'> & { readonly headers?: Record<string, string> };

const KEPT_AT_MOST = 200;
const NO_CONTENT = 204;
const BAD_GATEWAY = 502;
/**
 * Paths that read current ranks. The source of their answers shows whether the index works. Other answers do not show
 * it: for past periods and past moments, the store may answer.
 */
const RANKED = /^\/api\/boards\/[^/]+\/(top|page|range|ranks|around|distribution)\b(?!.*[?&](?:period|at)=)/;

/** API client with conditional reads (ETag). Unchanged data is neither transferred nor rendered again. */
export class Client {
  readonly #base: string;
  readonly #authorization: Record<string, string>;
  readonly #kept = new Map<string, Kept>();
  readonly #onRefused: (() => void) | undefined;

  constructor(base: string, key?: string, onRefused?: () => void) {
    this.#base = base;
    this.#onRefused = onRefused;
    this.#authorization = key === undefined ? {} : { Authorization: `Bearer ${key}` };
  }

  /** Return a client that sends this key. The client calls `onRefused` when the API refuses the key. */
  withKey(key: string, onRefused?: () => void): Client {
    return new Client(this.#base, key, onRefused);
  }

  /** Return the absolute address of a path. */
  address(path: string): string {
    return `${this.#base}${path}`;
  }

  /** Return the data at a path. While the data is unchanged, return the same object. */
  async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    const kept = this.#kept.get(path);
    const reply = await this.#fetch(path, {
      // After a 304, the browser's cache would return its copy, and this client would parse it again without need.
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

  /** Return the answer to a question that is sent as the body of a POST. */
  async query<T>(path: string, question: unknown, signal?: AbortSignal): Promise<T> {
    const reply = await this.#fetch(path, { method: 'POST', ...json(question), ...(signal && { signal }) });
    if (!reply.ok) throw await refusal(reply);
    return (await reply.json()) as T;
  }

  /** Return the unparsed bytes at a path, to be saved as a file. */
  async download(path: string): Promise<Blob> {
    const reply = await this.#fetch(path, { cache: 'no-store' });
    if (!reply.ok) throw await refusal(reply);
    return reply.blob();
  }

  /** Send a change, and return the parsed reply. */
  async change<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T> {
    const reply = await this.#fetch(path, { method, ...(body !== undefined && json(body)) });
    if (!reply.ok) throw await refusal(reply);
    return (reply.status === NO_CONTENT ? undefined : await reply.json()) as T;
  }

  /** Send a file. Return the reply, whose body may be a stream. */
  async upload(path: string, file: Blob, signal?: AbortSignal): Promise<Response> {
    const headers = { 'Content-Type': 'application/octet-stream' };
    const reply = await this.#fetch(path, { method: 'POST', headers, body: file, ...(signal && { signal }) });
    if (!reply.ok) throw await refusal(reply);
    return reply;
  }

  /** Send the body unchanged and return the reply, also for errors. */
  async exchange(path: string, body: unknown, key: string): Promise<Exchange> {
    const { headers, body: sent } = json(body);
    const begin = performance.now();
    const reply = await this.withKey(key).#fetch(path, { method: 'POST', headers, body: sent });
    const text = await reply.text();
    return {
      status: reply.status,
      ms: performance.now() - begin,
      requestId: reply.headers.get('X-Request-Id'),
      source: reply.headers.get('X-LeaderForge-Source'),
      body: parsed(text),
    };
  }

  async #fetch(path: string, init: Init): Promise<Response> {
    let reply: Response;
    try {
      reply = await fetch(this.address(path), { ...init, headers: { ...init.headers, ...this.#authorization } });
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      condition.set('unreachable');
      throw new Unreachable('no answer', { cause: error });
    }
    this.#observe(path, reply);
    if (reply.status === 401) this.#onRefused?.();
    return reply;
  }

  #observe(path: string, reply: Response): void {
    const source = reply.headers.get('X-LeaderForge-Source');
    if (source && RANKED.test(path)) condition.set(source === 'postgres' ? 'degraded' : 'fine');
    else if (condition.get() === 'unreachable' && reply.status < 500) condition.set('fine');
  }

  #keep(path: string, kept: Kept): void {
    this.#kept.delete(path);
    this.#kept.set(path, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_AT_MOST && oldest !== undefined) this.#kept.delete(oldest);
  }
}

function json(body: unknown): { headers: Record<string, string>; body: string } {
  return { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
