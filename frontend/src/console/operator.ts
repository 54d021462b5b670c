import { createContext, use } from 'react';

import { Client } from '../api/client';

/** Client with the operator's key. Only the console provides it. */
export const OperatorContext = createContext<Client>(new Client(''));

export function useOperator(): Client {
  return use(OperatorContext);
}
