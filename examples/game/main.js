// @ts-check
/** Page of the game: starts it, and shows scores and ranks. */

import { Controls } from './controls.js'
import { Meteors } from './meteors.js'
import { explanation, Scores } from './scores.js'
import { Screen } from './screen.js'

/** Longest step of the game in s. A tab in the background gets no frames. */
const LONGEST_STEP_S = 0.05

/** @template {HTMLElement} Kind @param {string} id @param {new () => Kind} kind @returns {Kind} */
function element(id, kind) {
  const node = document.getElementById(id)
  if (!(node instanceof kind)) throw new Error(`the page has no ${id}`)
  return node
}

const canvas = element('sky', HTMLCanvasElement)
const play = element('play', HTMLButtonElement)
const name = element('name', HTMLInputElement)
const status = element('status', HTMLElement)
const scores = new Scores()
const screen = new Screen(canvas)
const controls = new Controls(canvas)

/** @param {Meteors} game */
async function finish(game) {
  play.disabled = false
  play.textContent = 'Play again'
  play.focus()
  const text = `Hit. Your score is ${game.score}.`
  status.textContent = text
  try {
    const rank = await scores.submit(name.value.trim(), game.score)
    status.textContent = rank === null ? `${text} It is sent when the service can be reached.` : `${text} You are on rank ${rank}.`
  } catch (error) {
    status.textContent = `${text} ${explanation(error)}`
  }
  await showWaiting()
}

function start() {
  const game = new Meteors()
  play.disabled = true
  canvas.focus() // in the field of the name, keys would write text
  status.textContent = 'The game runs.'
  let before = performance.now()
  const frame = (/** @type {number} */ now) => {
    game.step(Math.min((now - before) / 1000, LONGEST_STEP_S), controls.direction, controls.target)
    before = now
    screen.draw(game)
    if (game.isOver) void finish(game)
    else requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
}

/** @param {import('./scores.js').Entry[]} entries @param {number | null} userId */
function showBoard(entries, userId) {
  element('board', HTMLElement).replaceChildren(
    ...entries.map((entry) => {
      const item = document.createElement('li')
      const points = document.createElement('span')
      points.textContent = String(entry.score)
      item.append(points, entry.username ?? `player ${entry.user_id}`)
      if (entry.user_id === userId) item.setAttribute('aria-current', 'true')
      return item
    }),
  )
}

async function showWaiting() {
  const count = await scores.waiting()
  element('waiting', HTMLElement).textContent = count === 0 ? '' : `Scores that wait for the network: ${count}`
}

element('start', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault()
  start()
})
screen.draw(new Meteors())
scores.open()
showWaiting().catch(() => {
  status.textContent = 'The game is open in another tab, which keeps the scores.'
})
scores.follow(showBoard).catch((/** @type {unknown} */ error) => {
  element('waiting', HTMLElement).textContent = explanation(error)
})
