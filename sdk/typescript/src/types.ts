/** Types of the API, from the OpenAPI document. */

import type { components } from './schema.js'

type Schemas = components['schemas']
export type AroundOut = Schemas['AroundOut']
export type BatchOut = Schemas['BatchOut']
export type BoardOut = Schemas['BoardOut']
export type EntryOut = Schemas['EntryOut']
export type ErrorOut = Schemas['ErrorOut']
export type FriendRanksOut = Schemas['FriendRanksOut']
export type PageOut = Schemas['PageOut']
export type PlayerOut = Schemas['PlayerOut']
export type QueuedOut = Schemas['QueuedOut']
export type ReceiptOut = Schemas['ReceiptOut']
export type SessionOut = Schemas['SessionOut']
export type SubmissionIn = Schemas['SubmissionIn']
export type TopOut = Schemas['TopOut']
