// Page with the hooks of the SDK, as docs/sdk-typescript.md shows them.
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'

import { Client } from '../../sdk/typescript/dist/index.js'
import { usePending, useTop } from '../../sdk/typescript/dist/react.js'

const client = new Client(location.origin)
window.client = client

function Board() {
  const { value, error } = useTop(client, location.hash.slice(1), { limit: 10 })
  const pending = usePending(client, 50)
  return createElement('p', null, error?.message ?? `${value?.entries[0]?.score} leads, ${pending.length} wait`)
}

createRoot(document.body).render(createElement(Board))
