/** React hooks. */

import { useEffect, useMemo, useState } from 'react'

import type { Client, ReadOptions } from './client.js'
import type { QueuedScore } from './store.js'
import type { TopOut } from './types.js'

/** Present state of a read. */
export interface Live<Value> {
  value: Value | null
  error: Error | null
}

/** Board that a hook reads. */
interface Source {
  client: Client
  board: string
  read: ReadOptions
}

const NOTHING: Live<never> = { value: null, error: null }

/**
 * Return the first entries of a board, live. The stream ends with the component. After a change of the board or the
 * options, the value is null until the new board is read.
 */
export function useTop(client: Client, board: string, options: Omit<ReadOptions, 'signal'> = {}): Live<TopOut> {
  const [shown, setShown] = useState<{ source: Source; live: Live<TopOut> } | null>(null)
  const { period, segment, limit } = options
  const source = useMemo(() => {
    const read: ReadOptions = {}
    if (period !== undefined) read.period = period
    if (segment !== undefined) read.segment = segment
    if (limit !== undefined) read.limit = limit
    return { client, board, read }
  }, [client, board, period, segment, limit])
  useEffect(() => {
    const ending = new AbortController()
    void follow(source, ending.signal, (live) => {
      if (!ending.signal.aborted) setShown({ source, live })
    })
    return () => {
      ending.abort()
    }
  }, [source])
  return shown?.source === source ? shown.live : NOTHING
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
  { client, board, read }: Source,
  signal: AbortSignal,
  show: (live: Live<TopOut>) => void,
): Promise<void> {
  try {
    for await (const value of client.stream(board, { ...read, signal })) show({ value, error: null })
  } catch (error) {
    show({ value: null, error: error as Error })
  }
}
