/** Queue of browsers: an IndexedDB database, and a Web Lock that excludes other tabs. */

import { QueueLocked } from './errors.js'
import type { Entry, Journal } from './store.js'

const ENTRIES = 'entries'

/** IndexedDB journal. Transactions are `strict`: the browser writes them to the disk before they complete. */
export class BrowserJournal implements Journal {
  #database: IDBDatabase | undefined
  #release: (() => void) | undefined

  /** `name` is a part of the database's name. Games or players on one origin need different names. */
  constructor(private readonly name: string) {}

  async open(): Promise<Entry[]> {
    await this.#lock()
    try {
      return await this.#read()
    } catch (error) {
      await this.close()
      throw error
    }
  }

  async #read(): Promise<Entry[]> {
    const opening = indexedDB.open(`leaderforge-${this.name}`, 1)
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore(ENTRIES, { autoIncrement: true })
    }
    this.#database = await finished(opening)
    return (await finished(this.#entries('readonly').getAll())) as Entry[]
  }

  async append(entry: Entry): Promise<void> {
    const entries = this.#entries('readwrite')
    entries.add(entry)
    await completed(entries.transaction)
  }

  async replace(list: Entry[]): Promise<void> {
    const entries = this.#entries('readwrite')
    entries.clear()
    list.forEach((entry) => entries.add(entry))
    await completed(entries.transaction)
  }

  close(): Promise<void> {
    this.#database?.close()
    this.#release?.()
    return Promise.resolve()
  }

  #entries(mode: IDBTransactionMode): IDBObjectStore {
    if (this.#database === undefined) throw new Error('the queue is closed')
    return this.#database.transaction(ENTRIES, mode, { durability: 'strict' }).objectStore(ENTRIES)
  }

  /** Hold the lock of this name until `close`, or until the tab ends. */
  #lock(): Promise<void> {
    return new Promise((resolve, reject) => {
      const request = navigator.locks.request(`leaderforge-${this.name}`, { ifAvailable: true }, (lock) => {
        if (lock === null) {
          reject(new QueueLocked(this.name))
          return undefined
        }
        resolve()
        return new Promise<void>((release) => {
          this.#release = release
        })
      })
      request.catch(reject)
    })
  }
}

function finished<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result)
    }
    request.onerror = () => {
      reject(request.error ?? new Error('IndexedDB failed'))
    }
  })
}

function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => {
      resolve()
    }
    transaction.onabort = () => {
      reject(transaction.error ?? new Error('IndexedDB aborted'))
    }
  })
}
