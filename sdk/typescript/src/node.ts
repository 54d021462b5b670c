/** Queue of Node: an append-only file of JSON lines. */

import { open, readFile, rename, rm, writeFile, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'

import { QueueLocked } from './errors.js'
import type { Entry, Journal } from './store.js'

/**
 * File journal. Each line is written with fdatasync. A last line without an end, from a process that died while it
 * wrote, is cut off: its call did not return. A file beside it, with the id of the process, excludes a second process.
 */
export class FileJournal implements Journal {
  #file: FileHandle | undefined

  constructor(private readonly path: string) {}

  async open(): Promise<Entry[]> {
    await this.#lock()
    this.#file = await open(this.path, 'a+', 0o600)
    const content = await readFile(this.path)
    const end = content.lastIndexOf(0x0a) + 1
    if (end < content.length) await this.#file.truncate(end)
    const lines = content.subarray(0, end).toString('utf8').split('\n').slice(0, -1)
    return lines.map((line) => JSON.parse(line) as Entry)
  }

  async append(entry: Entry): Promise<void> {
    const file = this.#file
    if (file === undefined) throw new Error('the queue is closed')
    const { size } = await file.stat()
    try {
      await file.appendFile(`${JSON.stringify(entry)}\n`)
      await file.datasync()
    } catch (error) {
      await file.truncate(size) // a full disk: the next entry must not continue half a line
      throw error
    }
  }

  async replace(entries: Entry[]): Promise<void> {
    const next = await open(`${this.path}.new`, 'w', 0o600)
    await next.writeFile(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
    await next.sync()
    await next.close()
    await rename(`${this.path}.new`, this.path)
    await this.#syncFolder()
    await this.#file?.close()
    this.#file = await open(this.path, 'a+', 0o600)
  }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
    await rm(this.#lockPath, { force: true })
  }

  get #lockPath(): string {
    return `${this.path}.lock`
  }

  async #lock(): Promise<void> {
    const owner = await readFile(this.#lockPath, 'utf8').catch(() => '')
    const pid = Number(owner)
    if (pid > 0 && pid !== process.pid && isRunning(pid)) throw new QueueLocked(this.path)
    await writeFile(this.#lockPath, String(process.pid), { mode: 0o600 })
  }

  /** Write the renamed entry of the folder to the disk. Windows cannot sync folders, and needs no sync. */
  async #syncFolder(): Promise<void> {
    if (process.platform === 'win32') return
    const folder = await open(dirname(this.path), 'r')
    await folder.sync()
    await folder.close()
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
