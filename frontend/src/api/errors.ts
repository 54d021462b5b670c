import type { components } from './schema';

/** The API said no. */
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

/** The API did not answer at all. */
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

/** Whether asking again could help. */
export function isTransient(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof Refused && (error.status >= 500 || error.status === 429));
}

/** Say what went wrong and what one can do. */
export function inWords(error: unknown): string {
  if (error instanceof Unreachable) return 'The server cannot be reached. It may be restarting, or you may be offline.';
  if (!(error instanceof Refused)) return 'Something went wrong on this page.';
  if (error.status === 401) return 'The API wants a key for this, and this one is missing or wrong.';
  if (error.status === 403) return 'This key may not do that.';
  if (error.status === 503) return 'The service is busy or being repaired. It usually recovers within seconds.';
  if (error.status >= 500) return 'The server ran into a problem of its own.';
  return `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`;
}
