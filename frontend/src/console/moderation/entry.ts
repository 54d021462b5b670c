import { queryOptions } from '@tanstack/react-query';

import { OPERATORS } from '../../api/DeploymentProvider';
import type { Client } from '../../api/client';
import { Refused } from '../../api/errors';
import type { Player, User } from '../../api/types';

/** Query of a player's account. */
export function account(operator: Client, userId: number) {
  return queryOptions({
    queryKey: [OPERATORS, 'account', userId],
    queryFn: ({ signal }) => operator.get<User>(`/api/users/${userId}`, signal),
  });
}

/** Query of a player's entry in the board's current period, null without one. */
export function entryOf(operator: Client, board: string, userId: number) {
  return queryOptions({
    queryKey: [OPERATORS, 'entry', board, userId],
    queryFn: async ({ signal }) => {
      try {
        return await operator.get<Player>(`/api/boards/${board}/ranks/${userId}`, signal);
      } catch (error) {
        if (error instanceof Refused && error.code === 'not_ranked') return null;
        throw error;
      }
    },
  });
}
