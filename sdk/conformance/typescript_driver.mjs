/** Driver of the TypeScript SDK on Node. README.md documents the commands. */

import { createInterface } from 'node:readline'

import { Client, LeaderForgeError } from '../typescript/dist/index.js'
import { FileJournal } from '../typescript/dist/node.js'

const SHORT_MS = 2 // real length of every wait of the SDK; its telemetry has the length that it asked for

let client = null
let items = null
let events = []
const running = new Map()

const operations = {
  async open({ url, key, token, queue, options }) {
    await operations.close()
    events = []
    const journal = queue ? { journal: new FileJournal(queue) } : {}
    const credentials = { ...(key ? { key } : {}), ...(token ? { token } : {}) }
    client = new Client(url, {
      ...journal,
      ...credentials,
      ...toSdk(options ?? {}),
      onEvent: (event) => events.push(event),
      sleep: () => new Promise((resolve) => setTimeout(resolve, SHORT_MS)),
    })
    await client.queue.pending() // opens the file
  },
  async close() {
    const old = client
    client = items = null
    await old?.close()
  },
  call: ({ name, args = [], options }, signal) => client[toCamel(name)](...args, { ...toSdk(options ?? {}), signal }),
  iterate: async ({ name, args, options }) => {
    const ending = new AbortController()
    items = { ending, iterator: client[toCamel(name)](...args, { ...toSdk(options ?? {}), signal: ending.signal }) }
  },
  next: async () => (await items.iterator.next()).value ?? null,
  async stop() {
    items.ending.abort()
    await items.iterator.return()
  },
  async all({ name, args, options }) {
    const list = []
    for await (const item of client[toCamel(name)](...args, toSdk(options ?? {}))) list.push(item)
    return list
  },
  cancel: async ({ id }) => running.get(id).abort(),
  queue: ({ name, args = [] }) => client.queue[toCamel(name)](...args),
  player: () => client.userId(),
  telemetry: async () =>
    events.map(({ kind, facts: { waitMs, ...facts } }) => ({
      kind,
      ...(waitMs === undefined ? {} : { wait_s: waitMs / 1000 }),
      ...facts,
    })),
}

/** Return options with the names and the units of this SDK. */
function toSdk(options) {
  const pairs = Object.entries(options).filter(([, value]) => value !== null)
  return Object.fromEntries(
    pairs.map(([name, value]) =>
      name.endsWith('_s') ? [`${toCamel(name.slice(0, -2))}Ms`, value * 1000] : [toCamel(name), value],
    ),
  )
}

function toCamel(name) {
  return name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase())
}

function toSnake(value) {
  if (Array.isArray(value)) return value.map(toSnake)
  if (typeof value !== 'object' || value === null) return value
  const pairs = Object.entries(value)
  return Object.fromEntries(pairs.map(([name, item]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), toSnake(item)]))
}

async function perform({ id, op, args = {} }) {
  const cancelling = new AbortController()
  running.set(id, cancelling)
  let answer
  try {
    answer = { result: toSnake((await operations[op](args, cancelling.signal)) ?? null) }
  } catch (error) {
    if (!(error instanceof LeaderForgeError)) throw error
    const { kind, code, status, message } = error
    answer = { error: { kind, code, status, message } }
  }
  process.stdout.write(`${JSON.stringify({ id, ...answer })}\n`)
}

const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => void perform(JSON.parse(line)))
lines.on('close', () => void operations.close().then(() => process.exit(0)))
