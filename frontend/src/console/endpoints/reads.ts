import { queryOptions } from '@tanstack/react-query';

import { OPERATORS } from '../../api/DeploymentProvider';
import type { Client } from '../../api/client';
import { POLL_MS, withQuery } from '../../api/reads';
import type { DeadEvents, Deliveries, Endpoints } from '../../api/types';

/** Number of requests and dead letters that the console shows. */
const SHOWN = 50;

export function endpointPath(endpointId: string, act?: string): string {
  return `/api/admin/endpoints/${endpointId}${act === undefined ? '' : `/${act}`}`;
}

export function endpoints(operator: Client) {
  return queryOptions({
    queryKey: [OPERATORS, 'endpoints'],
    queryFn: ({ signal }) => operator.get<Endpoints>('/api/admin/endpoints', signal),
    refetchInterval: POLL_MS,
  });
}

/** Query of the latest requests to an endpoint, newest first. */
export function deliveries(operator: Client, endpointId: string) {
  return queryOptions({
    queryKey: [OPERATORS, 'endpoints', endpointId, 'deliveries'],
    queryFn: ({ signal }) => operator.get<Deliveries>(withQuery(endpointPath(endpointId, 'deliveries'), { limit: SHOWN }), signal),
    refetchInterval: POLL_MS,
  });
}

/** Query of the events that were given up for an endpoint, newest first. */
export function deadLetters(operator: Client, endpointId: string) {
  return queryOptions({
    queryKey: [OPERATORS, 'endpoints', endpointId, 'dead letters'],
    queryFn: ({ signal }) => operator.get<DeadEvents>(withQuery(endpointPath(endpointId, 'dead-letters'), { limit: SHOWN }), signal),
    refetchInterval: POLL_MS,
  });
}
