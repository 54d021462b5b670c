/** Client of one service and one player or key. */

import { ApiError, Cancelled, NetworkError, NotSignedIn, QueueUnwritable, TRANSIENT, UNKNOWN } from './errors.js'
import { EventReader } from './events.js'
import { DEFAULTS, type Options } from './options.js'
import { isRejected, MemoryJournal, Store, type QueuedScore, type RejectedScore, type SessionValues } from './store.js'
import { isError, Transport, type Attempt, type Tag } from './transport.js'
import type {
  AroundOut,
  BatchOut,
  BoardOut,
  EntryOut,
  FriendRanksOut,
  PageOut,
  PlayerOut,
  QueuedOut,
  ReceiptOut,
  SessionOut,
  TopOut,
} from './types.js'

export type Receipt = ReceiptOut | QueuedOut

/** Cancellation of a call. Queued scores stay. */
export interface CallOptions {
  signal?: AbortSignal
}

/** Options of a submission beside its score. */
export interface SubmitOptions extends CallOptions {
  /** Instead of a score: the difference to the player's score. */
  change?: number
  userId?: number
  externalId?: string
  subscore?: number
  metadata?: Record<string, unknown>
  /** Up to 8 named integers of the run, such as its time. */
  numbers?: Record<string, number>
  /** Time at which the score was achieved, as RFC 3339. With a key, the default is the present time. */
  achievedAt?: string
  submissionId?: string
}

export interface ReadOptions extends CallOptions {
  period?: string
  /** Segment whose entries are read, such as `country:FI`. */
  segment?: string
  limit?: number
}

/** Durable submission. `receipt` is null if the submission still waits in the queue. */
export interface Submitted {
  submissionId: string
  receipt: Receipt | null
}

/** Result of a flush: receipts by submission id, the refused scores, and the number of scores that still wait. */
export interface Flushed {
  receipts: Record<string, Receipt>
  rejected: RejectedScore[]
  pending: number
}

const SILENCE_MS = 45_000 // the service sends a line every 15 s

export class Client {
  /** Scores that wait or were refused. */
  readonly queue: Store
  readonly #transport: Transport
  readonly #options: Options
  readonly #batchSize: number
  #session: SessionValues | undefined
  /** Outcomes, by submission id, of scores whose `submit` still runs. A concurrent flush may deliver these scores. */
  readonly #awaited = new Map<string, Receipt | RejectedScore | null>()
  #flushing: Promise<unknown> = Promise.resolve()
  #signingIn: Promise<unknown> = Promise.resolve()

  constructor(url: string, options: Options = {}) {
    this.#options = options
    this.#batchSize = options.batchSize ?? DEFAULTS.batchSize
    this.#transport = new Transport(url, options)
    this.queue = new Store(options.journal ?? new MemoryJournal(), options.queueCapacity ?? DEFAULTS.queueCapacity)
  }

  /** Return the signed-in player, null if no player is signed in. */
  async userId(): Promise<number | null> {
    const { user_id: userId } = await this.#values()
    return userId === undefined ? null : Number(userId)
  }

  /** Sign in with a secret of this device. The journal stores the secret. The first call creates the player. */
  async signInDevice(options: { secret?: string; username?: string } = {}): Promise<SessionOut> {
    return this.#exclusively(() => this.#signIn(options.secret, options.username))
  }

  /** End the session on the server and here. A later sign-in of this device signs the same player in. */
  async signOut(): Promise<void> {
    return this.#exclusively(() => this.#signOut()) // a refresh that runs starts another session, which ends here too
  }

  /**
   * Make a score durable, and send it after all earlier scores. If the service cannot be reached, the receipt is
   * null, and the score waits in the queue for `flush`. Rejects with `ApiError` if the service refuses the score, or
   * has refused it before.
   */
  async submit(board: string, score: number | string | null, options: SubmitOptions = {}): Promise<Submitted> {
    const queued = await this.enqueue(board, score, options)
    const { submissionId, position } = queued
    this.#awaited.set(submissionId, isRejected(queued) ? queued : null)
    let outcome: Receipt | RejectedScore | null
    try {
      await this.#flush(position, options.signal)
    } catch (error) {
      if (!mayWait(error)) throw error
    } finally {
      outcome = this.#awaited.get(submissionId) ?? null
      this.#awaited.delete(submissionId)
    }
    if (outcome !== null && 'code' in outcome) throw new ApiError({ status: 0, ...outcome })
    return { submissionId, receipt: outcome }
  }

  /** Make a score durable without sending it. Rejects with `QueueFull` or `NotSignedIn`. */
  async enqueue(board: string, score: number | string | null, options: SubmitOptions = {}): Promise<QueuedScore> {
    const submissionId = options.submissionId ?? randomId()
    const body = await this.#body(board, score, submissionId, options)
    const queued = await this.queue.add(submissionId, body)
    this.#transport.emit('queued', { submissionId, position: queued.position })
    return queued
  }

  /**
   * Send all scores that wait in the queue. Rejects with `NetworkError` or `ApiError` if a request fails after all
   * tries.
   */
  async flush(options: CallOptions = {}): Promise<Flushed> {
    return this.#flush(Infinity, options.signal)
  }

  /**
   * Flush now, each time the browser is online again, and every `everyMs`, unless such a flush still runs. Return a
   * function that ends the flushes.
   */
  flushAutomatically(everyMs = 30_000): () => void {
    let isRunning = false
    const attempt = (): void => {
      if (isRunning) return // with no network, a flush takes longer than `everyMs`, and `submit` waits for all flushes
      isRunning = true
      this.flush()
        .catch(() => undefined) // scores that were not delivered stay queued
        .finally(() => {
          isRunning = false
        })
    }
    const timer = setInterval(attempt, everyMs)
    if (typeof window !== 'undefined') window.addEventListener('online', attempt)
    attempt()
    return () => {
      clearInterval(timer)
      if (typeof window !== 'undefined') window.removeEventListener('online', attempt)
    }
  }

  /** Return the first entries. */
  async top(board: string, options: ReadOptions = {}): Promise<TopOut> {
    return (await this.#get(`${path(board)}/top`, query(options), options)) as TopOut
  }

  /**
   * Return the entry of a player. `player` is an id or an external id as text; by default, it is the signed-in player.
   */
  async rank(board: string, player?: number | string | null, options: ReadOptions = {}): Promise<PlayerOut> {
    const place = `${path(board)}/ranks/${await this.#player(player)}`
    return (await this.#get(place, query({ period: options.period, segment: options.segment }), options)) as PlayerOut
  }

  /** Return a player's entry and its neighbours. */
  async around(
    board: string,
    player?: number | string | null,
    options: ReadOptions & { radius?: number } = {},
  ): Promise<AroundOut> {
    const place = `${path(board)}/around/${await this.#player(player)}`
    const range = { period: options.period, segment: options.segment, radius: options.radius ?? 5 }
    return (await this.#get(place, query(range), options)) as AroundOut
  }

  /** Return the ranks of a player and of the player's friends, among each other and on the board. */
  async friends(
    board: string,
    player?: number | string | null,
    options: ReadOptions & { radius?: number } = {},
  ): Promise<FriendRanksOut> {
    const place = `${path(board)}/friends/${await this.#player(player)}`
    return (await this.#get(place, query({ radius: 5, limit: 10, ...options }), options)) as FriendRanksOut
  }

  /** Return the settings of a board. */
  async board(board: string, options: CallOptions = {}): Promise<BoardOut> {
    return (await this.#get(path(board), {}, options)) as BoardOut
  }

  /** Yield all entries from rank 1 on, page by page. */
  async *entries(board: string, options: ReadOptions & { pageSize?: number } = {}): AsyncGenerator<EntryOut, void> {
    let start: Record<string, string | number> = { rank: 1, ...query({ period: options.period }) }
    for (;;) {
      // A cursor contains the period, but not the segment: send the segment with each page.
      const limits = { ...start, ...query({ segment: options.segment, limit: options.pageSize ?? 100 }) }
      const page = (await this.#get(`${path(board)}/page`, limits, options)) as PageOut
      yield* page.entries
      if (page.next === null) return
      start = { cursor: page.next }
    }
  }

  /** Yield the first entries at once, and again after each change. Poll every `everyMs`, with the ETag. */
  async *watch(board: string, options: ReadOptions & { everyMs?: number } = {}): AsyncGenerator<TopOut, void> {
    const tag: Tag = { value: '' }
    for (;;) {
      const changed = await this.#get(`${path(board)}/top`, query(options), options, tag)
      if (changed !== undefined) yield changed as TopOut
      await this.#transport.wait(options.everyMs ?? 5000, options.signal)
    }
  }

  /**
   * Yield the first entries at once, and again within a second of each change. After a lost connection, the stream
   * continues after the last received event. If the service cannot stream, the client polls once a second.
   */
  async *stream(board: string, options: ReadOptions = {}): AsyncGenerator<TopOut, void> {
    const reader = new EventReader()
    for (let failures = 0; ; failures += 1) {
      try {
        for await (const top of this.#listen(board, reader, options)) {
          failures = 0
          yield top
        }
      } catch (error) {
        if (options.signal?.aborted === true) throw new Cancelled()
        if (error instanceof ApiError && error.code === 'streaming_unavailable') {
          yield* this.watch(board, { ...options, everyMs: 1000 })
          return
        }
        if (!isInterruption(error)) throw error
      }
      reader.interrupt()
      const waitMs = this.#transport.backoff(failures + 1)
      this.#transport.emit('stream', { state: 'interrupted', waitMs })
      await this.#transport.wait(waitMs, options.signal)
    }
  }

  /** Make any other call of the API. GET, PUT and DELETE are retried; POST is not. */
  async request(
    method: string,
    place: string,
    options: CallOptions & { body?: unknown; query?: Record<string, string | number> } = {},
  ): Promise<unknown> {
    const mayRepeat = ['GET', 'HEAD', 'PUT', 'DELETE'].includes(method)
    const { body, signal } = options
    return this.#sent({ method, path: place, query: options.query ?? {}, body, mayRepeat, signal })
  }

  /** Close the journal, and release it for other processes or tabs. */
  async close(): Promise<void> {
    await this.queue.close()
  }

  async #body(
    board: string,
    score: number | string | null,
    submissionId: string,
    options: SubmitOptions,
  ): Promise<Record<string, unknown>> {
    const hasPlayer = options.userId !== undefined || options.externalId !== undefined
    const userId = hasPlayer ? options.userId : await this.userId()
    if (userId === null) throw new NotSignedIn()
    // Send the time of the score, because the score may be delivered later. A player token may not set this time. With
    // a submission id of the caller, send no time: a later call with this id must have the same content.
    const isTimed = this.#options.key !== undefined && options.submissionId === undefined && options.change === undefined
    const body = {
      board,
      submission_id: submissionId,
      user_id: userId,
      external_id: options.externalId,
      score: score ?? undefined,
      change: options.change,
      subscore: options.subscore,
      metadata: options.metadata,
      numbers: options.numbers,
      achieved_at: options.achievedAt ?? (isTimed ? new Date().toISOString() : undefined),
    }
    return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
  }

  async #flush(until: number, signal?: AbortSignal): Promise<Flushed> {
    const result = this.#flushing.catch(() => undefined).then(() => this.#flushNow(until, signal))
    this.#flushing = result
    return result
  }

  async #flushNow(until: number, signal?: AbortSignal): Promise<Flushed> {
    const flushed: Flushed = { receipts: {}, rejected: [], pending: 0 }
    let size = this.#batchSize
    for (;;) {
      const first = await this.queue.pending(size)
      const batch = first.filter((score) => score.position <= until)
      const [score] = batch
      if (score === undefined) break
      size = this.#batchSize
      try {
        if ((await this.#deliver(batch, flushed, signal)) < batch.length) break
      } catch (error) {
        // Only `Invalid` with a code of the service says that the service cannot read a score of the batch. Halve the
        // batch to find this score. If the batch has one score only, reject it. A refusal without such a code comes
        // from a proxy, and says nothing about the scores.
        if (!(error instanceof ApiError && error.kind === 'Invalid' && error.code !== UNKNOWN)) throw error
        if (batch.length > 1) size = Math.floor(batch.length / 2)
        else await this.#settle([], [{ ...score, code: error.code, message: error.message }], flushed)
      }
    }
    flushed.pending = (await this.queue.pending()).length
    return flushed
  }

  /** Send a batch and settle its scores. Resolves with the number of settled scores. */
  async #deliver(batch: QueuedScore[], flushed: Flushed, signal?: AbortSignal): Promise<number> {
    const body = { submissions: batch.map((score) => score.body) }
    const isComplete = (answer: unknown): boolean => (answer as Partial<BatchOut>).results?.length === batch.length
    const attempt = { method: 'POST', path: '/api/scores/batch', body, mayRepeat: true, isComplete, signal }
    const { results } = (await this.#sent(attempt)) as BatchOut
    const delivered: string[] = []
    const rejected: RejectedScore[] = []
    batch.forEach((score, index) => {
      const result = results[index]
      if (result === undefined) return
      if (!isError(result)) {
        delivered.push(score.submissionId)
        flushed.receipts[score.submissionId] = result
      } else if (!TRANSIENT.has(result.error.code)) {
        rejected.push({ ...score, code: result.error.code, message: result.error.message })
      }
    })
    return this.#settle(delivered, rejected, flushed)
  }

  /** Make the results of a batch durable. Resolves with the number of settled scores. */
  async #settle(delivered: string[], rejected: RejectedScore[], flushed: Flushed): Promise<number> {
    const outcomes = [...Object.entries(flushed.receipts), ...rejected.map((score) => [score.submissionId, score] as const)]
    for (const [submissionId, outcome] of outcomes) {
      if (this.#awaited.has(submissionId)) this.#awaited.set(submissionId, outcome)
    }
    await this.queue.settle(delivered, rejected)
    flushed.rejected.push(...rejected)
    delivered.forEach((submissionId) => {
      this.#transport.emit('delivered', { submissionId })
    })
    rejected.forEach(({ submissionId, code }) => {
      this.#transport.emit('rejected', { submissionId, code })
    })
    return delivered.length + rejected.length
  }

  async *#listen(board: string, reader: EventReader, options: ReadOptions): AsyncGenerator<TopOut, void> {
    const silence = new AbortController()
    const signal = options.signal ? AbortSignal.any([silence.signal, options.signal]) : silence.signal
    const headers: Record<string, string> = { Accept: 'text/event-stream' }
    if (reader.lastId !== '') headers['Last-Event-ID'] = reader.lastId
    const attempt = { method: 'GET', path: `${path(board)}/stream`, query: query(options), headers, mayRepeat: true }
    let timer = setTimeout(() => {
      silence.abort()
    }, SILENCE_MS)
    try {
      const body = await this.#authorized(attempt, (authorized) => this.#transport.open(authorized, signal))
      this.#transport.emit('stream', { state: 'connected', resumed: reader.lastId !== '' })
      const pieces = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader()
      try {
        for (;;) {
          const { done, value } = await pieces.read().catch((error: unknown) => {
            throw new NetworkError('the stream broke', { cause: error })
          })
          if (done) return
          clearTimeout(timer)
          timer = setTimeout(() => {
            silence.abort()
          }, SILENCE_MS)
          yield* reader.feed(value)
        }
      } finally {
        pieces.cancel().catch(() => undefined)
      }
    } finally {
      clearTimeout(timer)
      silence.abort()
    }
  }

  async #get(place: string, parameters: Record<string, string | number>, options: CallOptions, tag?: Tag): Promise<unknown> {
    const attempt = { method: 'GET', path: place, query: parameters, mayRepeat: true, signal: options.signal }
    return this.#sent(tag === undefined ? attempt : { ...attempt, tag })
  }

  #sent(attempt: Attempt): Promise<unknown> {
    return this.#authorized(attempt, (authorized) => this.#transport.send(authorized))
  }

  /** Perform a request with the credentials. A refused token is replaced once. */
  async #authorized<Result>(attempt: Attempt, perform: (authorized: Attempt) => Promise<Result>): Promise<Result> {
    const { token } = await this.#values()
    try {
      return await perform(await this.#withCredentials(attempt))
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 401) || !(await this.#mayRefresh())) throw error
    }
    await this.#exclusively(() => this.#refresh(token))
    return perform(await this.#withCredentials(attempt))
  }

  async #withCredentials(attempt: Attempt): Promise<Attempt> {
    return { ...attempt, headers: { ...attempt.headers, ...(await this.#authorization()) } }
  }

  async #mayRefresh(): Promise<boolean> {
    return typeof this.#options.token === 'function' || (await this.#values()).refresh_token !== undefined
  }

  async #authorization(): Promise<Record<string, string>> {
    const { key, token } = this.#options
    const given = typeof token === 'function' ? await token() : token
    const credential = key ?? given ?? (await this.#values()).token
    return credential === undefined ? {} : { Authorization: `Bearer ${credential}` }
  }

  async #signIn(secret?: string, username?: string): Promise<SessionOut> {
    const kept = secret ?? (await this.#values()).secret ?? randomSecret()
    await this.#keep({ secret: kept })
    const body = username === undefined ? { secret: kept } : { secret: kept, username }
    return this.#started('device', body, 'started')
  }

  async #signOut(): Promise<void> {
    const { refresh_token: token } = await this.#values()
    if (token !== undefined) {
      await this.#auth('revoke', { refresh_token: token }).catch((error: unknown) => {
        if (!(error instanceof ApiError && error.status === 404)) throw error
      })
    }
    await this.#keep({ refresh_token: null, token: null, user_id: null })
    this.#transport.emit('session', { state: 'ended' })
  }

  /** Replace a rejected token, unless another call has replaced it already. */
  async #refresh(rejected: string | undefined): Promise<void> {
    const values = await this.#values()
    if (typeof this.#options.token === 'function' || values.token !== rejected) return
    try {
      await this.#started('refresh', { refresh_token: values.refresh_token }, 'refreshed')
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404) || values.secret === undefined) throw error
      await this.#signIn()
    }
  }

  async #started(call: string, body: unknown, state: string): Promise<SessionOut> {
    const session = (await this.#auth(call, body)) as SessionOut
    const { user_id: userId, token, refresh_token: refreshToken } = session
    // Make the refresh token durable before the player token is used. The loss of the refresh token would end the
    // session.
    await this.#keep({ user_id: String(userId), token, refresh_token: refreshToken })
    this.#transport.emit('session', { state, userId })
    return session
  }

  async #auth(call: string, body: unknown): Promise<unknown> {
    return this.#transport.send({ method: 'POST', path: `/api/auth/${call}`, body, mayRepeat: true })
  }

  async #exclusively<Result>(call: () => Promise<Result>): Promise<Result> {
    const result = this.#signingIn.catch(() => undefined).then(call)
    this.#signingIn = result
    return result
  }

  async #values(): Promise<SessionValues> {
    this.#session ??= await this.queue.session()
    return this.#session
  }

  async #keep(values: Record<string, string | null>): Promise<void> {
    await this.queue.setSession(values)
    this.#session = await this.queue.session()
  }

  async #player(player?: number | string | null): Promise<string> {
    const chosen = player ?? (await this.userId())
    if (chosen === null) throw new NotSignedIn()
    return typeof chosen === 'number' ? String(chosen) : `ext:${encodeURIComponent(chosen)}`
  }
}

/** Return whether a score stays in the queue for another try after its delivery failed with this error. */
function mayWait(error: unknown): boolean {
  if (error instanceof ApiError) return TRANSIENT.has(error.code)
  return error instanceof NetworkError || error instanceof QueueUnwritable
}

function isInterruption(error: unknown): boolean {
  if (error instanceof ApiError) return TRANSIENT.has(error.code) || error.code === 'too_many_listeners'
  return error instanceof NetworkError
}

function path(board: string): string {
  return `/api/boards/${encodeURIComponent(board)}`
}

/** Return the parameters that are set. */
function query(options: {
  period?: string | undefined
  segment?: string | undefined
  limit?: number
  radius?: number
}): Record<string, string | number> {
  const { period, segment, limit, radius } = options
  const members = Object.entries({ period, segment, limit, radius })
  return Object.fromEntries(members.filter((pair): pair is [string, string | number] => pair[1] !== undefined))
}

function randomSecret(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Return a random UUID. Unlike `crypto.randomUUID`, this works on pages without TLS. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
