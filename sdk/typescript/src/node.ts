/** Queue of Node: an append-only file of JSON lines. */

import { randomUUID } from 'node:crypto'
import { constants, readFileSync, readlinkSync } from 'node:fs'
import { appendFile, link, open, readFile, rename, rm, stat, utimes, writeFile, type FileHandle } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

import { QueueLocked } from './errors.js'
import type { Entry, Journal } from './store.js'

const APPENDED = constants.O_APPEND | constants.O_CREAT | constants.O_RDWR
/** Interval at which a process touches its locks, for processes in other containers, which cannot see the process. */
const TOUCH_MS = 2_000
/** Time without a touch after which the process of a lock in another container counts as ended. */
const SILENCE_MS = 10_000
/** Files that this process has open. */
const OPENED = new Set<string>()

/**
 * Journal in a file. An append is on the disk (fdatasync) before its call returns. If a process died during an append,
 * the last line may be incomplete. `open` cuts off this line, because its call never returned. `open` moves other
 * damaged lines to a file with the ending `.damaged`. A file with the ending `.lock`, which contains the id of the
 * process, excludes a second process. If the process of this file runs in another container, or has ended there, `open`
 * waits up to 10 s to see which.
 */
export class FileJournal implements Journal {
  /** Number of lines that `open` moved to the file with the ending `.damaged`. */
  damaged = 0
  readonly #path: string
  #file: FileHandle | undefined
  #touching: NodeJS.Timeout | undefined
  /**
   * Size of the file in bytes before a failed append. The bytes after this size must be cut off: half a line, or a
   * whole line of an entry that counts as not added. Undefined if there are no such bytes.
   */
  #wholeSize: number | undefined

  constructor(path: string) {
    this.#path = resolve(path)
  }

  async open(): Promise<Entry[]> {
    await this.#lock()
    try {
      return await this.#read()
    } catch (error) {
      await this.close()
      throw error
    }
  }

  async append(entry: Entry): Promise<void> {
    const file = this.#file
    if (file === undefined) throw new Error('the queue is closed')
    await this.#cutTornLine(file)
    const { size } = await file.stat()
    try {
      await file.appendFile(line(entry))
      await file.datasync()
    } catch (error) {
      this.#wholeSize = size
      await this.#cutTornLine(file).catch(() => undefined) // the next append tries again
      throw error
    }
  }

  async replace(entries: Entry[]): Promise<void> {
    const path = `${this.#path}.new`
    const next = await open(path, APPENDED | constants.O_TRUNC, 0o600)
    try {
      await next.appendFile(entries.map(line).join(''))
      await next.sync()
      await rename(path, this.#path)
    } catch (error) {
      await next.close()
      throw error
    }
    const previous = this.#file
    this.#file = next // append here from now on: entries in the old file, which the rename has replaced, would be lost
    this.#wholeSize = undefined
    await previous?.close()
    await this.#syncFolder()
  }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
    clearInterval(this.#touching)
    if (OPENED.delete(this.#path)) await rm(this.#lockPath, { force: true })
  }

  get #lockPath(): string {
    return `${this.#path}.lock`
  }

  async #read(): Promise<Entry[]> {
    this.#file = await open(this.#path, APPENDED, 0o600)
    const content = await readFile(this.#path)
    const end = content.lastIndexOf(0x0a) + 1
    if (end < content.length) await this.#file.truncate(end)
    const lines = content.subarray(0, end).toString('utf8').split('\n').slice(0, -1)
    const entries = lines.map(parsed)
    const whole = entries.filter((entry) => entry !== null)
    this.damaged = entries.length - whole.length
    if (this.damaged > 0) {
      const damaged = lines.filter((_, index) => entries[index] === null)
      await appendFile(`${this.#path}.damaged`, `${damaged.join('\n')}\n`, { mode: 0o600, flush: true })
      await this.replace(whole)
    }
    return whole
  }

  /** Remove the bytes of a failed append: the next entry must not continue half a line. */
  async #cutTornLine(file: FileHandle): Promise<void> {
    if (this.#wholeSize === undefined) return
    await file.truncate(this.#wholeSize)
    this.#wholeSize = undefined
  }

  async #lock(): Promise<void> {
    if (OPENED.has(this.#path)) throw new QueueLocked(this.#path)
    OPENED.add(this.#path)
    try {
      await this.#claim(this.#lockPath)
      this.#touching = setInterval(() => {
        const now = new Date()
        utimes(this.#lockPath, now, now).catch(() => undefined) // the next touch tries again
      }, TOUCH_MS).unref()
    } catch (error) {
      OPENED.delete(this.#path)
      throw error
    }
  }

  /**
   * Create a lock with the mark of this process. Rejects with `QueueLocked` if a running process has it.
   *
   * Two running processes never hold the lock L at once. A process holds L after its `link`, which creates L together
   * with the process's mark, and fails if L exists. A second process could hold L only if L was removed while the first
   * process ran. The first process removes L only when it gives L up. Other processes remove L only while they hold the
   * lock L.takeover, and only after they have read in L the mark of an ended process. Such a mark stays in L until a
   * holder of L.takeover removes L. By the same argument, L.takeover has one holder at a time. Therefore, the earliest
   * violation for any of these locks would need an even earlier violation, which cannot exist. If a process ends during
   * its takeover, it leaves L.takeover, which another process takes over in the same way.
   *
   * Between containers, this holds only while no running process stands still for `SILENCE_MS`.
   */
  async #claim(lock: string): Promise<void> {
    const mine = ownMark()
    while (!(await isCreated(lock, mine))) {
      const owner = await ownerOf(lock)
      if (owner === null) continue // released meanwhile
      if (owner !== mine && (await isRunning(owner, lock))) throw new QueueLocked(this.#path)
      await this.#removeStale(lock, owner)
    }
  }

  /** Remove the lock of a process that has ended, unless another process has removed it meanwhile. */
  async #removeStale(lock: string, owner: string): Promise<void> {
    const takeover = `${lock}.takeover`
    await this.#claim(takeover)
    try {
      if ((await ownerOf(lock)) === owner) await rm(lock, { force: true })
    } finally {
      await rm(takeover, { force: true })
    }
  }

  /**
   * Write the folder to the disk, so that a rename survives a crash. Windows cannot sync folders, and needs no sync.
   */
  async #syncFolder(): Promise<void> {
    if (process.platform === 'win32') return
    const folder = await open(dirname(this.#path), 'r')
    await folder.sync()
    await folder.close()
  }
}

/** Create a lock with a mark, atomically. Return false if the lock exists. */
async function isCreated(lock: string, mark: string): Promise<boolean> {
  const draft = `${lock}.${randomUUID()}`
  try {
    await writeFile(draft, mark, { mode: 0o600, flag: 'wx' })
    await link(draft, lock)
    return true
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    return false
  } finally {
    await rm(draft, { force: true })
  }
}

/** Return the mark in a lock, null without a lock. Rejects if the lock cannot be read: its process may be running. */
async function ownerOf(lock: string): Promise<string | null> {
  try {
    return await readFile(lock, 'utf8')
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    return null
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}

function line(entry: Entry): string {
  return `${JSON.stringify(entry)}\n`
}

/** Return the entry in a line, null if the line is damaged. */
function parsed(text: string): Entry | null {
  try {
    const entry = JSON.parse(text) as Entry | null
    return typeof entry === 'object' ? entry : null
  } catch {
    return null
  }
}

/**
 * Return the mark of this process: its id and, on Linux, the time of its start, since a later process may have the same
 * id, and its PID namespace, in which the id is valid.
 */
function ownMark(): string {
  if (process.platform !== 'linux') return String(process.pid)
  return `${process.pid} ${startOf(process.pid)} ${pidNamespace()}`
}

function pidNamespace(): string {
  return readlinkSync('/proc/self/ns/pid')
}

/** Return the time at which a process started, '' if it has ended. */
function startOf(pid: number): string {
  if (process.platform !== 'linux') return ''
  const facts = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const [state, ...fields] = facts.slice(facts.lastIndexOf(')') + 2).split(' ')
  return state === 'Z' ? '' : (fields[18] ?? '')
}

/** Return whether the process whose mark is in a lock runs. */
async function isRunning(mark: string, lock: string): Promise<boolean> {
  const [id, start, namespace] = mark.split(' ')
  if (namespace !== undefined && namespace !== pidNamespace()) return isTouched(lock)
  const pid = Number(id)
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (codeOf(error) !== 'EPERM') return false
  }
  try {
    return start === undefined || startOf(pid) === start
  } catch {
    return true // assume that it runs: the time of its start cannot be read, for example without a free file descriptor
  }
}

/** Return whether a process touches a lock, at the latest after `SILENCE_MS`. */
async function isTouched(lock: string): Promise<boolean> {
  const before = await touchedAt(lock)
  for (let waited = 0; waited < SILENCE_MS; waited += TOUCH_MS) {
    await wait(TOUCH_MS)
    const now = await touchedAt(lock)
    if (now === null) return false
    if (now !== before) return true
  }
  return false
}

/** Return the time of the last touch of a lock, null without a lock. */
async function touchedAt(lock: string): Promise<number | null> {
  try {
    return (await stat(lock)).mtimeMs
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    return null
  }
}
