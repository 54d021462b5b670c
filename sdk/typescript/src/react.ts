/** React hooks. */

import { useEffect, useState } from 'react'

import type { Client, ReadOptions } from './client.js'
import type { QueuedScore } from './store.js'
import type { TopOut } from './types.js'

/** Present state of a read. */
export interface Live<Value> {
  value: Value | null
  error: Error | null
}

/** Return the first entries of a board, live. The stream ends with the component. */
export function useTop(client: Client, board: string, options: Omit<ReadOptions, 'signal'> = {}): Live<TopOut> {
  const [state, setState] = useState<Live<TopOut>>({ value: null, error: null })
  const { period, segment, limit } = options
  useEffect(() => {
    const ending = new AbortController()
    const read: ReadOptions = { signal: ending.signal }
    if (period !== undefined) read.period = period
    if (segment !== undefined) read.segment = segment
    if (limit !== undefined) read.limit = limit
    void follow(client, board, read, ending.signal, setState)
    return () => {
      ending.abort()
    }
  }, [client, board, period, segment, limit])
  return state
}

/** Return the scores that wait in the queue, read again every `everyMs`. */
export function usePending(client: Client, everyMs = 1000): readonly QueuedScore[] {
  const [pending, setPending] = useState<readonly QueuedScore[]>([])
  useEffect(() => {
    const read = (): void => {
      client.queue.pending().then(setPending, () => undefined)
    }
    read()
    const timer = setInterval(read, everyMs)
    return () => {
      clearInterval(timer)
    }
  }, [client, everyMs])
  return pending
}

async function follow(
  client: Client,
  board: string,
  read: ReadOptions,
  signal: AbortSignal,
  setState: (state: Live<TopOut>) => void,
): Promise<void> {
  try {
    for await (const value of client.stream(board, read)) setState({ value, error: null })
  } catch (error) {
    if (!signal.aborted) setState({ value: null, error: error as Error })
  }
}
