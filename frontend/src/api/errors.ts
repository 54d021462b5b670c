import { ChunkFailed } from '../chunks';
import { text } from '../i18n/text';
import type { components } from './schema';

/** Error for a response with an error status. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;
  readonly code: string;
  readonly retryAfterS: number | null;

  constructor(status: number, code: string, message: string, retryAfterS: number | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterS = retryAfterS;
  }
}

/** Error for a request without a response. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

export async function refusal(reply: Response): Promise<Refused> {
  const seconds = Number(reply.headers.get('Retry-After') ?? Number.NaN);
  const retryAfterS = Number.isFinite(seconds) ? seconds : null;
  try {
    const { error } = (await reply.json()) as components['schemas']['ErrorOut'];
    return new Refused(reply.status, error.code, error.message, retryAfterS);
  } catch {
    return new Refused(reply.status, 'unknown', `the server answered with status ${reply.status}`, retryAfterS);
  }
}

/** Return whether a retry may succeed. */
export function isTransient(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof Refused && (error.status >= 500 || error.status === 429));
}

/** Return a text for users: the failure and the next step. */
export function inWords(error: unknown): string {
  const words = text();
  if (error instanceof ChunkFailed) return words.chunkFailed;
  if (error instanceof Unreachable) return words.unreachable;
  if (!(error instanceof Refused)) return words.pageBroken;
  if (error.status === 401) return words.keyWrong;
  if (error.status === 403) return words.keyScope;
  if (error.status === 503) return words.busy;
  if (error.status >= 500) return words.serverFailed;
  return `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`;
}
