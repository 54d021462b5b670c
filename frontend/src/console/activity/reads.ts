import { queryOptions } from '@tanstack/react-query';

import { OPERATORS } from '../../api/DeploymentProvider';
import type { Client } from '../../api/client';
import { withQuery } from '../../api/reads';
import type { ActivityQuery, BoardActivity, Suspect } from '../../api/types';
import type { ConsoleMessages } from '../i18n/en';

export type Hours = NonNullable<ActivityQuery['hours']>;

/** Numbers of hours that a report may cover. */
export const HOURS: readonly Hours[] = ['1', '6', '24', '48'];

const READ_MS = 15_000;

export function activityOf(operator: Client, board: string, hours: Hours) {
  return queryOptions({
    queryKey: [OPERATORS, 'activity', board, hours],
    queryFn: ({ signal }) => operator.get<BoardActivity>(withQuery('/api/admin/activity', { board, hours }), signal),
    refetchInterval: READ_MS,
  });
}

/** Return the reasons of a suspicious score as a sentence. */
export function whySuspicious({ reasons }: Suspect, { activity }: ConsoleMessages): string {
  const text = reasons.map((reason) => activity.reasons[reason]).join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
