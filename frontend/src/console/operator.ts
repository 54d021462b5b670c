import { createContext, use } from 'react';

import { Client } from '../api/client';

/** Asks with the operator's key; there is one inside the console only. */
export const OperatorContext = createContext<Client>(new Client(''));

export function useOperator(): Client {
  return use(OperatorContext);
}
