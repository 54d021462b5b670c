import type { components, operations } from './schema';

type Schemas = components['schemas'];

export type Board = Schemas['BoardOut'];
export type Distribution = Schemas['DistributionOut'];
export type Entry = Schemas['EntryOut'];
export type Found = Schemas['FoundOut'];
export type Listing = Schemas['TopOut'];
export type Lookup = Schemas['LookupOut'];
export type Page = Schemas['PageOut'];
export type Player = Schemas['PlayerOut'];
export type Receipt = Schemas['ReceiptOut'];
export type User = Schemas['UserOut'];
export type Users = Schemas['UsersOut'];

export type PageQuery = NonNullable<operations['page']['parameters']['query']>;
export type RangeQuery = NonNullable<operations['score_range']['parameters']['query']>;
