/** Options of a client. Times are in ms. */

import type { Journal } from './store.js'

/** Event for logs and metrics. Its facts contain no key, token or secret. */
export interface TelemetryEvent {
  kind: 'request' | 'retry' | 'queued' | 'delivered' | 'rejected' | 'session' | 'stream'
  facts: Record<string, unknown>
}

export interface Options {
  /** API key. Never put an API key into a page or a game: use player tokens there. */
  key?: string
  /** Player token of your own server, or a function that returns the present token. */
  token?: string | (() => string | Promise<string>)
  /** Storage of scores and the session. Without a journal, both are lost with the process. */
  journal?: Journal
  /** Time limit of one try. */
  timeoutMs?: number
  tries?: number
  /** Upper bound of the random wait after the first try. The bound doubles with each try, up to `longestBackoffMs`. */
  backoffMs?: number
  longestBackoffMs?: number
  /**
   * Longest `Retry-After` of the service that the client waits. If `Retry-After` is longer, the call fails without a
   * retry.
   */
  longestWaitMs?: number
  queueCapacity?: number
  /** Number of scores in one request. */
  batchSize?: number
  onEvent?: (event: TelemetryEvent) => void
  /** Function that replaces the waits of the client, for tests of a game. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>
  fetch?: typeof fetch
}

export const DEFAULTS = {
  timeoutMs: 10_000,
  tries: 5,
  backoffMs: 250,
  longestBackoffMs: 10_000,
  longestWaitMs: 60_000,
  queueCapacity: 10_000,
  batchSize: 50,
} as const
