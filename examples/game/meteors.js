// @ts-check
/** Rules of the game: a ship, falling meteors and stars. It draws nothing and knows no clock. */

export const WIDTH = 480
export const HEIGHT = 600
const SHIP = { y: HEIGHT - 50, radius: 14, speed: 340 }
const STAR_SCORE = 25
const FIRST_PAUSE_S = 0.55
const SHORTEST_PAUSE_S = 0.14
/** Share of meteors that fall towards the ship. They make waiting in a corner dangerous. */
const AIMED = 0.35

/** @typedef {{ x: number, y: number, radius: number, speed: number, isStar: boolean }} Body */

export class Meteors {
  /** @param {() => number} random Source of numbers from 0 to 1. */
  constructor(random = Math.random) {
    this.random = random
    this.ship = { x: WIDTH / 2, y: SHIP.y, radius: SHIP.radius }
    /** @type {Body[]} */
    this.bodies = []
    this.seconds = 0
    this.stars = 0
    this.isOver = false
    this.pause = FIRST_PAUSE_S
  }

  /** Score: ten points a second, and 25 for each star. */
  get score() {
    return Math.floor(this.seconds * 10) + this.stars * STAR_SCORE
  }

  /**
   * Advance by some seconds. `direction` is -1, 0 or 1, and `target` a place to fly to, null for none.
   * @param {number} seconds
   * @param {number} direction
   * @param {number | null} target
   */
  step(seconds, direction, target = null) {
    if (this.isOver) return
    this.seconds += seconds
    this.#move(seconds, direction, target)
    this.#spawn(seconds)
    for (const body of this.bodies) body.y += body.speed * seconds
    const touched = this.bodies.filter((body) => this.#touches(body))
    this.stars += touched.filter((body) => body.isStar).length
    this.isOver = touched.some((body) => !body.isStar)
    this.bodies = this.bodies.filter((body) => body.y < HEIGHT + body.radius && !(body.isStar && touched.includes(body)))
  }

  /** @param {number} seconds @param {number} direction @param {number | null} target */
  #move(seconds, direction, target) {
    const reach = SHIP.speed * seconds
    const way = target === null ? direction * reach : Math.max(-reach, Math.min(reach, target - this.ship.x))
    this.ship.x = Math.max(SHIP.radius, Math.min(WIDTH - SHIP.radius, this.ship.x + way))
  }

  /** @param {number} seconds */
  #spawn(seconds) {
    this.pause -= seconds
    if (this.pause > 0) return
    this.pause = Math.max(SHORTEST_PAUSE_S, FIRST_PAUSE_S - this.seconds * 0.01)
    const isStar = this.random() < 0.2
    const isAimed = !isStar && this.random() < AIMED
    const x = isAimed ? this.ship.x : this.random() * WIDTH
    const radius = isStar ? 9 : 12 + this.random() * 16
    this.bodies.push({ x, y: -radius, radius, isStar, speed: 150 + this.random() * 90 + this.seconds * 4 })
  }

  /** @param {Body} body */
  #touches(body) {
    return Math.hypot(body.x - this.ship.x, body.y - this.ship.y) < body.radius + this.ship.radius
  }
}
