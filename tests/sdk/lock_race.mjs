/** Open the queue of the argument at the first input. Print the outcome, and stay until the input ends. */

import { once } from 'node:events'

import { FileJournal } from '../../sdk/typescript/dist/node.js'

console.log('ready')
await once(process.stdin, 'data')
try {
  await new FileJournal(process.argv[2]).open()
  console.log('open')
} catch (error) {
  console.log(error.kind ?? String(error))
}
