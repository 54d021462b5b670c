/** Behaviour of the client whose order of events only a test in its process can fix. `fetch` is an option of the client. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ApiError, Client } from '../../sdk/typescript/dist/index.js'

function answer(status, body) {
  return new Response(JSON.stringify(body), { status })
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
