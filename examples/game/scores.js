// @ts-check
/** Scores of the game, by the SDK: signed in by this device, and kept on the disk until the service has counted them. */

import { BrowserJournal } from './leaderforge-client/browser.js'
import { ApiError, Client } from './leaderforge-client/index.js'

const BOARD = 'play'
const SHOWN = 10

/** @typedef {{ rank: number, user_id: number, username?: string | null, score: number | string }} Entry */

export class Scores {
  #client = new Client(location.origin, { journal: new BrowserJournal('meteors'), tries: 2 })

  /** Send the scores that wait, now and whenever the network is back. */
  open() {
    this.#client.flushAutomatically()
  }

  /**
   * Submit a score, and return the player's rank, null while the service cannot be reached.
   * @param {string} name Name of the player, for the first score of this device.
   * @param {number} score
   * @returns {Promise<number | null>}
   */
  async submit(name, score) {
    if ((await this.#client.userId()) === null) await this.#client.signInDevice(name === '' ? {} : { username: name })
    const { receipt } = await this.#client.submit(BOARD, score)
    // A service with a queue acknowledges a score before it has a rank.
    return receipt !== null && 'rank' in receipt ? (receipt.rank ?? null) : null
  }

  /** Return the number of scores that wait. */
  async waiting() {
    return (await this.#client.queue.pending()).length
  }

  /**
   * Show the first entries, and each change of them.
   * @param {(entries: Entry[], userId: number | null) => void} show
   */
  async follow(show) {
    for await (const top of this.#client.stream(BOARD, { limit: SHOWN })) {
      show(top.entries, await this.#client.userId())
    }
  }
}

/**
 * Return the text for a failure.
 * @param {unknown} error
 */
export function explanation(error) {
  if (error instanceof ApiError && error.code === 'board_not_found') {
    return 'This service has no board for the game. Create it: leaderforge boards create play policy=best open_to_players=yes'
  }
  if (error instanceof ApiError && error.status === 403) {
    return 'This service does not let players sign in by device: set LEADERFORGE_DEVICE_SIGN_IN=1.'
  }
  return `Scores are not counted now: ${error instanceof Error ? error.message : String(error)}`
}
