import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';

import { OPERATORS } from '../../api/DeploymentProvider';
import type { Client } from '../../api/client';
import { withQuery } from '../../api/reads';
import type { Act, Audit, Awards, Period, Periods, Users } from '../../api/types';

const PER_PAGE = 50;
const PAST_PERIODS = 50;
const LATEST_ACTS = 1000;

/** Query of the past periods of a kind, latest first. */
export function pastPeriods(operator: Client, board: string, kind: string) {
  return queryOptions({
    queryKey: [OPERATORS, 'periods', board, kind],
    queryFn: async ({ signal }): Promise<Period[]> => {
      const { periods } = await operator.get<Periods>(withQuery(`/api/boards/${board}/periods`, { limit: PAST_PERIODS }), signal);
      return periods.filter((period) => period.kind === kind && (!period.current || kind === 'all-time'));
    },
  });
}

/** Query of the awards of a period, page by page, the best ranks first. */
export function awardsOf(operator: Client, board: string, period: string) {
  return infiniteQueryOptions({
    queryKey: [OPERATORS, 'awards', board, period],
    queryFn: ({ signal, pageParam }) =>
      operator.get<Awards>(withQuery(`/api/boards/${board}/awards`, { period, limit: PER_PAGE, ...pageParam }), signal),
    initialPageParam: {},
    getNextPageParam: ({ next }) => (next === null ? undefined : { cursor: next }),
  });
}

/** Query of the awards that a repeated settlement granted or revoked in a period, latest first. */
export function changedAwards(operator: Client, board: string, period: string) {
  return queryOptions({
    queryKey: [OPERATORS, 'awards', board, period, 'changes'],
    queryFn: async ({ signal }): Promise<Act[]> => {
      const logs = await Promise.all(
        ['award.grant', 'award.revoke'].map((action) =>
          operator.get<Audit>(withQuery('/api/admin/audit', { board, action, limit: LATEST_ACTS }), signal),
        ),
      );
      const acts = logs.flatMap(({ entries }) => entries).filter((act) => act.details.period === period);
      return acts.sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
    },
  });
}

/** Query of the names of players by id. */
export function namesOf(operator: Client, userIds: readonly number[]) {
  return queryOptions({
    queryKey: [OPERATORS, 'names', userIds],
    queryFn: async ({ signal }): Promise<ReadonlyMap<number, string | null>> => {
      const { users } = await operator.query<Users>('/api/users/lookup', { user_ids: userIds }, signal);
      return new Map(users.map((user) => [user.user_id, user.username]));
    },
    enabled: userIds.length > 0,
  });
}
