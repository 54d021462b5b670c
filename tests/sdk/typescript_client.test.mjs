/** Behaviour of the client whose order of events only a test in its process can fix. `fetch` is an option of the client. */

import assert from 'node:assert/strict'
import { mock, test } from 'node:test'

import { ApiError, Client } from '../../sdk/typescript/dist/index.js'

const EVERY_MS = 30_000

function answer(status, body) {
  return new Response(JSON.stringify(body), { status })
}

/** Return a promise, and the function that resolves it. */
function gate() {
  let open
  const opened = new Promise((resolve) => {
    open = resolve
  })
  return { opened, open }
}

test('a refused score that is submitted again is refused again', async () => {
  const refused = { error: { code: 'score_out_of_range', message: 'too high', details: {} } }
  const client = new Client('http://service', { key: 'k', fetch: async () => answer(200, { results: [refused] }) })
  for (let time = 0; time < 2; time += 1) {
    await assert.rejects(client.submit('board', 5, { userId: 7, submissionId: 'once' }), (error) => {
      assert(error instanceof ApiError)
      assert.equal(error.code, 'score_out_of_range')
      return true
    })
  }
  assert.equal((await client.queue.rejected()).length, 1)
})

test('automatic flushes do not pile up while the service does not answer', async () => {
  const silence = gate()
  let requests = 0
  const fetch = async () => {
    requests += 1
    await silence.opened
    throw new TypeError('no network')
  }
  const client = new Client('http://service', { key: 'k', tries: 1, fetch })
  await client.enqueue('board', 5, { userId: 7 })
  mock.timers.enable({ apis: ['setInterval'] })
  const end = client.flushAutomatically(EVERY_MS)
  mock.timers.tick(10 * EVERY_MS)
  end()
  mock.timers.reset()
  silence.open()
  assert.equal((await client.submit('board', 6, { userId: 7 })).receipt, null)
  assert.equal(requests, 2)
})

test('an automatic flush follows one that failed', async () => {
  const requested = [gate(), gate(), gate()]
  let requests = 0
  const fetch = async () => {
    requested[requests++].open()
    throw new TypeError('no network')
  }
  const client = new Client('http://service', { key: 'k', tries: 1, fetch })
  await client.enqueue('board', 5, { userId: 7 })
  mock.timers.enable({ apis: ['setInterval'] })
  const end = client.flushAutomatically(EVERY_MS)
  await requested[0].opened
  await client.flush().catch(() => undefined) // waits for the automatic flush
  mock.timers.tick(EVERY_MS)
  end()
  mock.timers.reset()
  await requested[2].opened
})
