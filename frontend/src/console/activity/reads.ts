import { queryOptions } from '@tanstack/react-query';

import { OPERATORS } from '../../api/DeploymentProvider';
import type { Client } from '../../api/client';
import { withQuery } from '../../api/reads';
import type { ActivityQuery, BoardActivity, Suspect } from '../../api/types';

export type Hours = NonNullable<ActivityQuery['hours']>;

/** Times that a report may cover. */
export const HOURS: readonly (readonly [Hours, string])[] = [
  ['1', 'last hour'],
  ['6', 'last 6 hours'],
  ['24', 'last 24 hours'],
  ['48', 'last 48 hours'],
];

const READ_MS = 15_000;

export function activityOf(operator: Client, board: string, hours: Hours) {
  return queryOptions({
    queryKey: [OPERATORS, 'activity', board, hours],
    queryFn: ({ signal }) => operator.get<BoardActivity>(withQuery('/api/admin/activity', { board, hours }), signal),
    refetchInterval: READ_MS,
  });
}

const REASONS: Readonly<Record<Suspect['reasons'][number], string>> = {
  outlier: 'far better than the other players’ best scores',
  near_limit: 'within 1% of the board’s limit',
  rate: 'one of more than 60 submissions in a minute',
};

/** Return the reasons of a suspicious score as a sentence. */
export function whySuspicious({ reasons }: Suspect): string {
  const text = reasons.map((reason) => REASONS[reason]).join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
