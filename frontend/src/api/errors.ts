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
  if (error instanceof Unreachable) return 'The server is unreachable. Check your connection, or try again in a moment.';
  if (!(error instanceof Refused)) return 'This page failed. Reload it and try again.';
  if (error.status === 401) return 'The key is missing or wrong. Enter a valid key and try again.';
  if (error.status === 403) return 'This key may not do that. Use a key with the right scope.';
  if (error.status === 503) return 'The service is busy or being repaired. Try again in a few seconds.';
  if (error.status >= 500) return 'The server failed. Try again, or ask the operator to check its log.';
  return `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`;
}
