/** Errors of the client. `LeaderForgeError` is the root; `ApiError` has the server's code. */

/** Any error of this package. `kind` is the name of the error's class, which a minifier does not change. */
export class LeaderForgeError extends Error {
  constructor(
    readonly kind: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = kind
  }
}

/** No complete answer of the service arrived, after all tries. */
export class NetworkError extends LeaderForgeError {
  constructor(message: string, options?: ErrorOptions) {
    super('NetworkError', message, options)
  }
}

/** The call's signal was aborted. Queued scores stay in the queue. */
export class Cancelled extends LeaderForgeError {
  constructor() {
    super('Cancelled', 'the call was cancelled')
  }
}

/** The call needs a player: sign in, or pass `userId`. */
export class NotSignedIn extends LeaderForgeError {
  constructor() {
    super('NotSignedIn', 'no player is signed in: sign in, or pass the player')
  }
}

/** The queue has as many scores as its capacity. This score was not added. */
export class QueueFull extends LeaderForgeError {
  constructor(capacity: number) {
    super('QueueFull', `the queue has ${capacity} scores; flush it, or discard rejected scores`)
  }
}

/** Another process or tab has opened the queue. */
export class QueueLocked extends LeaderForgeError {
  constructor(name: string) {
    super('QueueLocked', `another process or tab uses the queue ${name}; give each one its own`)
  }
}

/** The queue cannot be written: the disk or the quota is full, or the file is read-only. A new score was not added. */
export class QueueUnwritable extends LeaderForgeError {
  constructor(cause: unknown) {
    super('QueueUnwritable', `the queue cannot be written: ${String(cause)}`, { cause })
  }
}

/** Details of a refusal. `retryAfterMs` is the server's delay. */
export interface Refusal {
  status: number
  code: string
  message: string
  details?: Record<string, unknown>
  requestId?: string | null
  retryAfterMs?: number | null
}

/**
 * Refusal by the service. `code` is stable; docs/api.md lists all codes. `status` is the HTTP status, 0 for an item of
 * a batch.
 */
export class ApiError extends LeaderForgeError {
  readonly status: number
  readonly code: string
  readonly details: Record<string, unknown>
  readonly requestId: string | null
  readonly retryAfterMs: number | null

  constructor(refusal: Refusal) {
    super(kindOf(refusal.status), `${refusal.code}: ${refusal.message}`)
    this.status = refusal.status
    this.code = refusal.code
    this.details = refusal.details ?? {}
    this.requestId = refusal.requestId ?? null
    this.retryAfterMs = refusal.retryAfterMs ?? null
  }
}

const KINDS: Readonly<Record<number, string>> = {
  400: 'Invalid',
  401: 'Unauthenticated',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  413: 'Invalid',
  415: 'Invalid',
  422: 'Invalid',
  429: 'RateLimited',
}

function kindOf(status: number): string {
  return status >= 500 ? 'Unavailable' : (KINDS[status] ?? 'ApiError')
}

/** Code of a refusal that does not contain the service's error object, for example from a proxy. */
export const UNKNOWN = 'unknown'

/** Codes of temporary errors: a later try may succeed. */
export const TRANSIENT: ReadonlySet<string> = new Set([
  'rate_limited',
  'request_timeout',
  'internal_error',
  'unavailable',
  'store_unavailable',
  'index_unavailable',
  'queue_unavailable',
  'period_building',
  'overloaded',
])
