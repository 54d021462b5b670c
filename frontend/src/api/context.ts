import { useSearch } from '@tanstack/react-router';
import { createContext, use } from 'react';

import { DEFAULTS, type Config } from '../config';
import { parseLadder } from '../ladder/search';
import { Client } from './client';

/** What is the same on all pages. */
export interface Deployment {
  readonly config: Config;
  readonly client: Client;
}

/** A board in one of its periods; null is the current one. */
export interface Ladder {
  readonly board: string;
  readonly period: string | null;
}

export interface Surroundings extends Deployment {
  readonly ladder: Ladder;
}

export const DeploymentContext = createContext<Deployment>({ config: DEFAULTS, client: new Client('') });

export function useDeployment(): Deployment {
  return use(DeploymentContext);
}

/** Return the deployment with the ladder that the address names, or the deployment's own. */
export function useSurroundings(): Surroundings {
  const deployment = useDeployment();
  // The router keeps what is malformed as well.
  const { board = deployment.config.board, period = null } = useSearch({ strict: false, select: parseLadder, structuralSharing: true });
  return { ...deployment, ladder: { board, period } };
}
