/** Server-sent events of a live board. */

import type { TopOut } from './types.js'

/** Parser of a stream. `lastId` is the id of the last complete event, after which a new connection continues. */
export class EventReader {
  lastId = ''
  #id = ''
  #data: string[] = []
  #rest = ''

  /** Return the events that this piece of the stream completes. */
  feed(piece: string): TopOut[] {
    const lines = (this.#rest + piece).split('\n')
    this.#rest = lines.pop() ?? ''
    return lines.flatMap((line) => this.#line(line.replace(/\r$/, '')))
  }

  /** Discard an incomplete event after the connection broke. */
  interrupt(): void {
    this.#data = []
    this.#rest = ''
  }

  #line(line: string): TopOut[] {
    if (line !== '') {
      const colon = line.indexOf(':')
      const name = colon < 0 ? line : line.slice(0, colon)
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
      if (name === 'id') this.#id = value
      if (name === 'data') this.#data.push(value)
      return []
    }
    if (this.#data.length === 0) return []
    const event = JSON.parse(this.#data.join('\n')) as TopOut
    this.lastId = this.#id
    this.#data = []
    return [event]
  }
}
