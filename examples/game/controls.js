// @ts-check
/** Keyboard and touch. */

/** @type {Record<string, number>} */
const DIRECTIONS = { ArrowLeft: -1, a: -1, A: -1, ArrowRight: 1, d: 1, D: 1 }

export class Controls {
  /** @type {Set<string>} */
  #pressed = new Set()
  /** Place of the finger on the canvas, in its pixels, null without one. @type {number | null} */
  target = null

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    addEventListener('keydown', (event) => this.#press(event))
    addEventListener('keyup', (event) => this.#pressed.delete(event.key))
    addEventListener('blur', () => this.#pressed.clear())
    const follow = (/** @type {PointerEvent} */ event) => {
      this.target = (event.offsetX / canvas.clientWidth) * canvas.width
    }
    canvas.addEventListener('pointerdown', follow)
    canvas.addEventListener('pointermove', (event) => event.buttons > 0 && follow(event))
    for (const name of ['pointerup', 'pointercancel', 'pointerleave']) {
      canvas.addEventListener(name, () => {
        this.target = null
      })
    }
  }

  /** Return -1 for left, 1 for right, 0 for neither or both. */
  get direction() {
    return Math.sign([...this.#pressed].reduce((sum, key) => sum + (DIRECTIONS[key] ?? 0), 0))
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    // Letters in the field of the name are text.
    if (!(event.key in DIRECTIONS) || event.target instanceof HTMLInputElement) return
    event.preventDefault()
    this.#pressed.add(event.key)
  }
}
