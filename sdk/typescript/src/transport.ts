/** Requests with tries: time limits, jitter, `Retry-After`, and errors with the server's codes. */

import { ApiError, Cancelled, NetworkError, UNKNOWN } from './errors.js'
import { DEFAULTS, type Options, type TelemetryEvent } from './options.js'
import type { ErrorOut } from './types.js'

/** ETag of the last response to a poll. */
export interface Tag {
  value: string
}

/** Request, and the rules for its tries. */
export interface Attempt {
  method: string
  path: string
  query?: Record<string, string | number>
  body?: unknown
  headers?: Record<string, string>
  /** Whether a second execution does no harm. */
  mayRepeat: boolean
  tag?: Tag
  signal?: AbortSignal | undefined
  /** Whether an answer is complete. An incomplete answer counts as a broken connection. */
  isComplete?: (answer: unknown) => boolean
}

const RETRIED: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])

export class Transport {
  readonly #limits: typeof DEFAULTS & Options

  constructor(
    private readonly url: string,
    options: Options,
  ) {
    this.#limits = { ...DEFAULTS, ...options } as typeof DEFAULTS & Options
  }

  emit(kind: TelemetryEvent['kind'], facts: Record<string, unknown>): void {
    this.#limits.onEvent?.({ kind, facts })
  }

  /** Send a request until it is answered, at most `tries` times. Resolves with undefined for 204 and 304. */
  async send(attempt: Attempt): Promise<unknown> {
    for (let number = 1; ; number += 1) {
      try {
        return await this.#once(attempt, number)
      } catch (error) {
        if (attempt.signal?.aborted === true) throw new Cancelled()
        if (!attempt.mayRepeat || number >= this.#limits.tries || !this.#mayRetry(error)) throw error
        const wait = this.backoff(number) + (error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0)
        const reason = error instanceof ApiError ? error.code : 'network'
        this.emit('retry', { method: attempt.method, path: attempt.path, waitMs: wait, reason })
        await this.wait(wait, attempt.signal)
      }
    }
  }

  /** Open a stream. Rejects with `ApiError` or `NetworkError`. */
  async open(attempt: Attempt, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#fetch(attempt, signal)
    if (response.status !== 200 || response.body === null) {
      await this.#parsed(response, attempt)
      throw new NetworkError(`unexpected status ${response.status}`)
    }
    return response.body
  }

  /** Return a random wait before the try after this one (full jitter). */
  backoff(number: number): number {
    return Math.random() * Math.min(this.#limits.longestBackoffMs, this.#limits.backoffMs * 2 ** (number - 1))
  }

  /** Wait. Rejects with `Cancelled` if the signal is aborted. */
  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    await (this.#limits.sleep ?? sleep)(ms, signal)
    if (signal?.aborted === true) throw new Cancelled()
  }

  async #once(attempt: Attempt, number: number): Promise<unknown> {
    const begin = performance.now()
    let status = 0
    try {
      const limit = AbortSignal.timeout(this.#limits.timeoutMs)
      const response = await this.#fetch(attempt, attempt.signal ? AbortSignal.any([limit, attempt.signal]) : limit)
      status = response.status
      const answer = await this.#parsed(response, attempt)
      if (attempt.isComplete?.(answer) === false) throw new NetworkError("the answer is not the service's")
      return answer
    } finally {
      const elapsedMs = performance.now() - begin
      this.emit('request', { method: attempt.method, path: attempt.path, attempt: number, status, elapsedMs })
    }
  }

  async #fetch(attempt: Attempt, signal: AbortSignal): Promise<Response> {
    const url = new URL(attempt.path, this.url)
    for (const [name, value] of Object.entries(attempt.query ?? {})) url.searchParams.set(name, String(value))
    const headers = new Headers(attempt.headers)
    if (attempt.body !== undefined) headers.set('Content-Type', 'application/json')
    if (attempt.tag?.value) headers.set('If-None-Match', attempt.tag.value)
    const body = attempt.body === undefined ? null : JSON.stringify(attempt.body)
    try {
      // Bypass the browser's cache, which would hide a 304 from the client. The client sends its own ETags.
      const request: RequestInit = { method: attempt.method, headers, body, signal, cache: 'no-store' }
      return await (this.#limits.fetch ?? fetch)(url, request)
    } catch (error) {
      throw new NetworkError(`${attempt.method} ${attempt.path} failed`, { cause: error })
    }
  }

  /** Return the JSON of a response. Rejects with `ApiError`, or `NetworkError` if the answer is not the service's. */
  async #parsed(response: Response, attempt: Attempt): Promise<unknown> {
    if (response.status === 204 || response.status === 304) return undefined
    let answer: unknown
    try {
      answer = JSON.parse(await response.text())
    } catch (error) {
      throw unreadable(response.status, error)
    }
    if (response.status >= 400) throw refusal(response, answer)
    if (typeof answer !== 'object' || answer === null) throw unreadable(response.status, undefined)
    if (attempt.tag !== undefined) attempt.tag.value = response.headers.get('ETag') ?? ''
    return answer
  }

  #mayRetry(error: unknown): boolean {
    if (error instanceof ApiError) {
      return RETRIED.has(error.status) && (error.retryAfterMs ?? 0) <= this.#limits.longestWaitMs
    }
    return error instanceof NetworkError
  }
}

/** Return the error for an answer of a proxy or a captive portal. Such an answer says nothing about the score. */
function unreadable(status: number, cause: unknown): Error {
  if (status < 400 || RETRIED.has(status)) {
    return new NetworkError(`the answer with status ${status} is not JSON of the service`, { cause })
  }
  return new ApiError({ status, code: UNKNOWN, message: `status ${status} without an error object` })
}

function refusal(response: Response, answer: unknown): Error {
  if (!isError(answer)) return unreadable(response.status, undefined)
  const { code, message, details } = answer.error
  const retryAfterMs = parsedRetryAfter(response.headers.get('Retry-After'))
  const requestId = response.headers.get('X-Request-Id')
  return new ApiError({ status: response.status, code, message, details, requestId, retryAfterMs })
}

/** Return whether an answer is the service's error object. */
export function isError(answer: unknown): answer is ErrorOut {
  if (typeof answer !== 'object' || answer === null || !('error' in answer)) return false
  const { error } = answer
  return typeof error === 'object' && error !== null && 'code' in error && 'message' in error
}

/** Return the ms of a `Retry-After` header, which has seconds or a date. */
function parsedRetryAfter(value: string | null): number | null {
  if (value === null) return null
  const ms = Number.isNaN(Number(value)) ? Date.parse(value) - Date.now() : Number(value) * 1000
  return Number.isNaN(ms) ? null : Math.max(0, ms)
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal?.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
