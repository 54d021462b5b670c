// @ts-check
/** Picture of the game on a canvas. */

import { HEIGHT, WIDTH } from './meteors.js'

const BACKGROUND_STARS = 60

/** @typedef {import('./meteors.js').Meteors} Meteors */

export class Screen {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    const context = canvas.getContext('2d')
    if (context === null) throw new Error('this browser has no canvas')
    this.context = context
    this.isCalm = matchMedia('(prefers-reduced-motion: reduce)')
  }

  /** @param {Meteors} game */
  draw(game) {
    const { context } = this
    context.fillStyle = '#050816'
    context.fillRect(0, 0, WIDTH, HEIGHT)
    this.#sky(this.isCalm.matches ? 0 : game.seconds)
    for (const body of game.bodies) {
      if (body.isStar) this.#star(body)
      else this.#meteor(body)
    }
    this.#ship(game.ship.x, game.ship.y, game.isOver)
    context.fillStyle = '#e8ecf4'
    context.font = '700 22px system-ui, sans-serif'
    context.fillText(String(game.score), 14, 30)
  }

  /** @param {number} seconds */
  #sky(seconds) {
    this.context.fillStyle = '#33406b'
    for (let i = 0; i < BACKGROUND_STARS; i += 1) {
      const y = ((i * 97) % HEIGHT) + seconds * (12 + (i % 5) * 6)
      this.context.fillRect((i * 193) % WIDTH, y % HEIGHT, 2, 2)
    }
  }

  /** @param {{ x: number, y: number, radius: number }} body */
  #meteor({ x, y, radius }) {
    this.context.fillStyle = '#b5838d'
    this.context.beginPath()
    this.context.arc(x, y, radius, 0, 2 * Math.PI)
    this.context.fill()
  }

  /** Draw a star with four points: its form, not only its colour, tells it from a meteor.
   * @param {{ x: number, y: number, radius: number }} body */
  #star({ x, y, radius }) {
    this.context.fillStyle = '#ffd166'
    this.context.beginPath()
    for (let corner = 0; corner < 8; corner += 1) {
      const reach = corner % 2 === 0 ? radius * 1.5 : radius * 0.5
      const angle = (corner * Math.PI) / 4
      this.context.lineTo(x + reach * Math.sin(angle), y - reach * Math.cos(angle))
    }
    this.context.fill()
  }

  /** @param {number} x @param {number} y @param {boolean} isHit */
  #ship(x, y, isHit) {
    this.context.fillStyle = isHit ? '#ef476f' : '#8ecae6'
    this.context.beginPath()
    this.context.moveTo(x, y - 18)
    this.context.lineTo(x + 14, y + 14)
    this.context.lineTo(x - 14, y + 14)
    this.context.fill()
  }
}
