import { useQueryClient, type Query } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, type ReactNode } from 'react';

import type { Config } from '../config';
import { onRefused, useAdminKey } from './adminKey';
import { Client } from './client';
import { DeploymentContext } from './context';

/** Key prefix of cached data that only the console reads, always with an admin key. */
export const OPERATORS = 'operators';

/**
 * Provider of client and configuration. While an operator is signed in to the console, all pages send the admin key, so
 * they can show private boards.
 */
export function DeploymentProvider({ config, children }: { config: Config; children: ReactNode }) {
  const cache = useQueryClient();
  const key = useAdminKey();
  const deployment = useMemo(() => {
    const client = new Client(config.apiBaseUrl);
    return { config, client: key === null ? client : client.withKey(key, () => onRefused(key)) };
  }, [config, key]);
  const previous = useRef(key);

  useEffect(() => {
    if (previous.current === key) return;
    previous.current = key;
    // With another key, the API may answer differently. Drop cached data that is not in view, and load public data
    // again.
    cache.removeQueries({ type: 'inactive' });
    void cache.resetQueries({ predicate: isPublic });
  }, [cache, key]);

  return <DeploymentContext value={deployment}>{children}</DeploymentContext>;
}

function isPublic({ queryKey }: Query): boolean {
  return queryKey[0] !== OPERATORS;
}
