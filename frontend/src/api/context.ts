import { createContext, use } from 'react';

import { DEFAULTS, type Config } from '../config';
import { Client } from './client';

export interface Surroundings {
  readonly config: Config;
  readonly client: Client;
}

export const SurroundingsContext = createContext<Surroundings>({ config: DEFAULTS, client: new Client('') });

export function useSurroundings(): Surroundings {
  return use(SurroundingsContext);
}
