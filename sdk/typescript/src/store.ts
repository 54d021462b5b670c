/** Durable queue and session of a client, replayed from a journal. */

import { LeaderForgeError, QueueFull, QueueUnwritable } from './errors.js'

/** Score in the queue. `position` is higher than the positions of all earlier scores of the queue. */
export interface QueuedScore {
  position: number
  submissionId: string
  body: Record<string, unknown>
}

/** Score that the service refused. The score stays in the queue until `requeue` or `discard`. */
export interface RejectedScore extends QueuedScore {
  code: string
  message: string
}

export type SessionValues = Record<string, string>

/** One change of the queue or the session. */
export type Entry =
  | { add: QueuedScore }
  | { settle: { delivered: string[]; rejected: RejectedScore[] } }
  | { requeue: string }
  | { discard: string }
  | { session: Record<string, string | null> }
  | { accepted: number }

/** Durable list of entries. An append is on the disk before its promise resolves. Only one client opens it at a time. */
export interface Journal {
  /** Return all entries. Rejects with `QueueLocked` if another client has the journal. */
  open(): Promise<Entry[]>
  append(entry: Entry): Promise<void>
  /** Replace all entries by these, atomically. */
  replace(entries: Entry[]): Promise<void>
  close(): Promise<void>
}

/** Journal that ends with the process. */
export class MemoryJournal implements Journal {
  open(): Promise<Entry[]> {
    return Promise.resolve([])
  }

  append(): Promise<void> {
    return Promise.resolve()
  }

  replace(): Promise<void> {
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

const DEAD_ENTRIES = 1000 // maximum number of entries without effect; with more, the journal is rewritten

/** Queue of scores in the order of their submission, and the values of a session. */
export class Store {
  #scores = new Map<string, QueuedScore | RejectedScore>()
  #session: SessionValues = {}
  #accepted = 0
  #entries = 0
  #opened: Promise<void> | undefined
  #writing: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly journal: Journal,
    private readonly capacity: number,
  ) {}

  /** Append a score, or return the stored score with this submission id. Rejects with `QueueFull`. */
  async add(submissionId: string, body: Record<string, unknown>): Promise<QueuedScore> {
    return this.#write(async () => {
      const stored = this.#scores.get(submissionId)
      if (stored !== undefined) return stored
      if (this.#scores.size >= this.capacity) throw new QueueFull(this.capacity)
      const score = { position: this.#accepted + 1, submissionId, body }
      await this.#append({ add: score })
      return score
    })
  }

  /** Return the first `limit` scores that wait, by default all. */
  async pending(limit = Infinity): Promise<QueuedScore[]> {
    await this.#open()
    return this.#sorted()
      .filter((score) => !isRejected(score))
      .slice(0, limit)
  }

  /** Return the scores that the service refused. */
  async rejected(): Promise<RejectedScore[]> {
    await this.#open()
    return this.#sorted().filter(isRejected)
  }

  /** Return the number of scores that were ever added. */
  async acceptedCount(): Promise<number> {
    await this.#open()
    return this.#accepted
  }

  /** Remove delivered scores and store refusals, both in one entry. */
  async settle(delivered: string[], rejected: RejectedScore[]): Promise<void> {
    await this.#write(() => this.#append({ settle: { delivered, rejected } }))
  }

  /** Put a refused score back into the queue, at its old position. Return false if no refused score has this id. */
  async requeue(submissionId: string): Promise<boolean> {
    return this.#write(async () => {
      const score = this.#scores.get(submissionId)
      if (score === undefined || !isRejected(score)) return false
      await this.#append({ requeue: submissionId })
      return true
    })
  }

  /** Delete a score. Return false if the queue has no score with this id. */
  async discard(submissionId: string): Promise<boolean> {
    return this.#write(async () => {
      if (!this.#scores.has(submissionId)) return false
      await this.#append({ discard: submissionId })
      return true
    })
  }

  /** Return the values of the session. */
  async session(): Promise<SessionValues> {
    await this.#open()
    return { ...this.#session }
  }

  /** Set values of the session, durably. Null deletes a value. */
  async setSession(values: Record<string, string | null>): Promise<void> {
    await this.#write(() => this.#append({ session: values }))
  }

  /** Close the journal once all writes are done. */
  async close(): Promise<void> {
    await this.#writing.catch(() => undefined)
    if (this.#opened !== undefined) await this.journal.close()
  }

  #sorted(): (QueuedScore | RejectedScore)[] {
    return [...this.#scores.values()].sort((one, other) => one.position - other.position)
  }

  #open(): Promise<void> {
    this.#opened ??= this.#replay()
    return this.#opened
  }

  async #replay(): Promise<void> {
    const entries = await this.journal.open().catch((error: unknown) => {
      this.#opened = undefined // the next call tries again: the other tab or process may have ended
      throw error instanceof LeaderForgeError ? error : new QueueUnwritable(error)
    })
    entries.forEach((entry) => {
      this.#apply(entry)
    })
    this.#entries = entries.length
  }

  /** Run a write after all earlier writes. */
  #write<Result>(write: () => Promise<Result>): Promise<Result> {
    const result = this.#writing.catch(() => undefined).then(async () => {
      await this.#open()
      return write()
    })
    this.#writing = result
    return result
  }

  async #append(entry: Entry): Promise<void> {
    await this.journal.append(entry).catch((error: unknown) => {
      throw new QueueUnwritable(error)
    })
    this.#apply(entry)
    this.#entries += 1
    const live = this.#live()
    if (this.#entries > live.length + DEAD_ENTRIES) {
      // Ignore a failed rewrite, because the appended entry is durable. After an error, the caller would add its score
      // once more.
      await this.journal.replace(live).catch(() => undefined)
      this.#entries = live.length
    }
  }

  /** Return the entries from which a replay builds the present state. */
  #live(): Entry[] {
    const scores = this.#sorted()
    const rejected = scores.filter(isRejected)
    const added = scores.map((score) => ({ add: score }))
    return [{ session: this.#session }, ...added, { settle: { delivered: [], rejected } }, { accepted: this.#accepted }]
  }

  #apply(entry: Entry): void {
    if ('add' in entry) {
      const { position, submissionId, body } = entry.add
      this.#scores.set(submissionId, { position, submissionId, body })
      this.#accepted = Math.max(this.#accepted, position)
    } else if ('settle' in entry) {
      entry.settle.delivered.forEach((submissionId) => this.#scores.delete(submissionId))
      // Skip scores that were discarded during their flush.
      const rejected = entry.settle.rejected.filter((score) => this.#scores.has(score.submissionId))
      rejected.forEach((score) => this.#scores.set(score.submissionId, score))
    } else if ('requeue' in entry) {
      const score = this.#scores.get(entry.requeue)
      if (score !== undefined) {
        const { position, submissionId, body } = score
        this.#scores.set(submissionId, { position, submissionId, body })
      }
    } else if ('discard' in entry) {
      this.#scores.delete(entry.discard)
    } else if ('accepted' in entry) {
      this.#accepted = Math.max(this.#accepted, entry.accepted)
    } else {
      const values = Object.entries({ ...this.#session, ...entry.session })
      this.#session = Object.fromEntries(values.filter((pair): pair is [string, string] => pair[1] !== null))
    }
  }
}

/** Return whether the service refused a score. */
export function isRejected(score: QueuedScore | RejectedScore): score is RejectedScore {
  return 'code' in score
}
