/** Queue of Node: an append-only file of JSON lines. */

import { constants, readFileSync } from 'node:fs'
import { appendFile, open, readFile, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { QueueLocked } from './errors.js'
import type { Entry, Journal } from './store.js'

const APPENDED = constants.O_APPEND | constants.O_CREAT | constants.O_RDWR
/** Time in ms that a process needs to write its mark into a lock that it has created. */
const CLAIM_MS = 50
/** Files that this process has open. */
const OPENED = new Set<string>()

/**
 * File journal. Each line is written with fdatasync. A last line without an end, from a process that died while it
 * wrote, is cut off: its call did not return. Damaged lines move to the file with the ending `.damaged`. A file with the
 * ending `.lock`, with the id of the process, excludes a second process.
 */
export class FileJournal implements Journal {
  /** Number of lines that `open` moved to the file with the ending `.damaged`. */
  damaged = 0
  readonly #path: string
  #file: FileHandle | undefined

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
    const { size } = await file.stat()
    try {
      await file.appendFile(line(entry))
      await file.datasync()
    } catch (error) {
      await file.truncate(size) // a full disk: the next entry must not continue half a line
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
    await this.#file?.close()
    this.#file = next // from here on, the old file has no name
    await this.#syncFolder()
  }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
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

  async #lock(): Promise<void> {
    if (OPENED.has(this.#path)) throw new QueueLocked(this.#path)
    OPENED.add(this.#path)
    try {
      await this.#claim()
    } catch (error) {
      OPENED.delete(this.#path)
      throw error
    }
  }

  /** Create the lock. One that a dead process left is moved away first, which only one of several processes can do. */
  async #claim(): Promise<void> {
    const mine = markOf(process.pid)
    for (;;) {
      try {
        const file = await open(this.#lockPath, 'wx', 0o600)
        await file.writeFile(mine)
        await file.close()
        return
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const owner = (await this.#owner()) || (await sleep(CLAIM_MS).then(() => this.#owner()))
      if (owner !== mine && isRunning(owner)) throw new QueueLocked(this.#path)
      const stale = `${this.#lockPath}.${process.pid}`
      await rename(this.#lockPath, stale).catch(() => undefined)
      const moved = await readFile(stale, 'utf8').catch(() => owner)
      if (moved !== owner) await rename(stale, this.#lockPath) // another process has claimed it meanwhile
      await rm(stale, { force: true })
    }
  }

  /** Return the mark in the lock, empty without one, or while its process writes it. */
  #owner(): Promise<string> {
    return readFile(this.#lockPath, 'utf8').catch(() => '')
  }

  /** Write the renamed entry of the folder to the disk. Windows cannot sync folders, and needs no sync. */
  async #syncFolder(): Promise<void> {
    if (process.platform === 'win32') return
    const folder = await open(dirname(this.#path), 'r')
    await folder.sync()
    await folder.close()
  }
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

/** Return the id of a process, on Linux with the time of its start: a later process can have the same id. */
function markOf(pid: number): string {
  if (process.platform !== 'linux') return String(pid)
  const facts = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const [state, ...fields] = facts.slice(facts.lastIndexOf(')') + 2).split(' ')
  return state === 'Z' ? '' : `${pid} ${fields[18] ?? ''}`
}

function isRunning(mark: string): boolean {
  const pid = Number(mark.split(' ')[0])
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  try {
    return !mark.includes(' ') || markOf(pid) === mark
  } catch {
    return false
  }
}
