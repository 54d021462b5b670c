// Runs one scenario, given as JSON on standard input, and prints its result as JSON.
// {url, connections, seconds, warmup, kind, players, key, batch} -> {requests, rate, p50, p95, p99, statuses, errors}
import autocannon from 'autocannon'
import { readFileSync } from 'node:fs'

const scenario = JSON.parse(readFileSync(0, 'utf8'))
const player = () => 1 + Math.floor(Math.random() * scenario.players)
const submission = () => ({ user_id: player(), score: 1 + Math.floor(Math.random() * 100) })
const batch = () => ({ submissions: Array.from({ length: scenario.batch }, submission) })
const json = { 'content-type': 'application/json', authorization: `Bearer ${scenario.key}` }
const post = (path, body) => ({
  setupRequest: (request) => ({ ...request, method: 'POST', path, headers: json, body: JSON.stringify(body()) }),
})
const get = (path) => ({ setupRequest: (request) => ({ ...request, method: 'GET', path: path() }) })

const kinds = {
  noop_post: post('/noop', submission),
  noop_get: get(() => '/noop'),
  submit: post('/api/scores', submission),
  submit_unranked: post('/api/scores?rank=none', submission),
  batch: post('/api/boards/default/scores/batch', batch),
  batch_unranked: post('/api/boards/default/scores/batch?rank=none', batch),
  top: get(() => '/api/leaderboard/top?limit=10'),
  rank: get(() => `/api/leaderboard/rank/${player()}`),
  around: get(() => `/api/boards/default/around/${player()}?radius=5`),
  first_page: get(() => '/api/boards/default/page?rank=1&limit=50'),
  deep_page: get(() => `/api/boards/default/page?rank=${Math.floor(scenario.players / 2) + Math.floor(Math.random() * 1000)}&limit=50`),
}

async function run (seconds) {
  const times = []
  const statuses = {}
  const instance = autocannon({
    url: scenario.url,
    connections: scenario.connections,
    duration: seconds,
    timeout: 30,
    requests: [kinds[scenario.kind]],
  })
  instance.on('response', (_client, status, _bytes, milliseconds) => {
    statuses[status] = (statuses[status] ?? 0) + 1
    times.push(milliseconds)
  })
  const result = await instance
  times.sort((a, b) => a - b)
  const at = (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? null
  return {
    requests: times.length,
    seconds: result.duration,
    rate: times.length / result.duration,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    statuses,
    errors: result.errors + result.timeouts,
  }
}

if (scenario.warmup) await run(scenario.warmup)
process.stdout.write(JSON.stringify(await run(scenario.seconds)))
