import { useSearch } from '@tanstack/react-router';
import { createContext, use } from 'react';

import { DEFAULTS, type Config } from '../config';
import { parseLadder } from '../ladder/search';
import { Client } from './client';

/** Client and configuration, which all pages share. */
export interface Deployment {
  readonly config: Config;
  readonly client: Client;
}

/** Board, period and segment. A null period means the current one. A null segment means all players. */
export interface Ladder {
  readonly board: string;
  readonly period: string | null;
  readonly segment: string | null;
}

export interface Surroundings extends Deployment {
  readonly ladder: Ladder;
}

export const DeploymentContext = createContext<Deployment>({ config: DEFAULTS, client: new Client('') });

export function useDeployment(): Deployment {
  return use(DeploymentContext);
}

/** Return the deployment with the ladder in the address, or with the configured board. */
export function useSurroundings(): Surroundings {
  const deployment = useDeployment();
  // Parse again, because the router does not remove malformed parameters.
  const { board = deployment.config.board, period = null, segment = null } = useSearch({ strict: false, select: parseLadder, structuralSharing: true });
  return { ...deployment, ladder: { board, period, segment } };
}
