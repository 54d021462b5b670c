// Page with the hooks of the SDK, as docs/sdk-typescript.md shows them. It shows the board in the hash of its address.
import { createElement, useSyncExternalStore } from 'react'
import { createRoot } from 'react-dom/client'

import { Client } from '../../sdk/typescript/dist/index.js'
import { usePending, useTop } from '../../sdk/typescript/dist/react.js'

const client = new Client(location.origin)
window.client = client
window.shown = [] // texts of all renders, by the board

function follow(listener) {
  addEventListener('hashchange', listener)
  return () => removeEventListener('hashchange', listener)
}

function Board() {
  const board = useSyncExternalStore(follow, () => location.hash.slice(1))
  const { value, error } = useTop(client, board, { limit: 10 })
  const pending = usePending(client, 50)
  const text = error?.message ?? `${value?.entries[0]?.score} leads, ${pending.length} wait`
  window.shown.push([board, text])
  return createElement('p', null, text)
}

createRoot(document.body).render(createElement(Board))
