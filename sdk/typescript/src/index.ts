/**
 * Client of LeaderForge that never loses a score. `./node`, `./browser` and `./react` have the parts for one platform.
 */

export { Client } from './client.js'
export type { CallOptions, Flushed, ReadOptions, Receipt, Submitted, SubmitOptions } from './client.js'
export * from './errors.js'
export type { Options, TelemetryEvent } from './options.js'
export { MemoryJournal, Store } from './store.js'
export type { Entry, Journal, QueuedScore, RejectedScore } from './store.js'
export type * from './types.js'
