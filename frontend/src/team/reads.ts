import { queryOptions } from '@tanstack/react-query';

import type { Surroundings } from '../api/context';
import { boardPath, POLL_MS } from '../api/reads';
import type { Contributions, PlayedTeams, Team } from '../api/types';

export function team({ client }: Pick<Surroundings, 'client'>, teamId: number) {
  return queryOptions({
    queryKey: ['team', teamId],
    queryFn: ({ signal }) => client.get<Team>(`/api/teams/${teamId}`, signal),
    refetchInterval: POLL_MS,
  });
}

/** Query of the contributions to a team's score on the selected team board and period. */
export function contributions(around: Surroundings, teamId: number) {
  const { board, period } = around.ladder;
  return queryOptions({
    queryKey: ['contributions', board, period, teamId],
    queryFn: ({ signal }) =>
      around.client.get<Contributions>(boardPath(around, `teams/${teamId}`, period === null ? {} : { period }), signal),
    refetchInterval: POLL_MS,
  });
}

/** Query of the teams in which a player is or was, the latest first. */
export function teamsOf({ client }: Surroundings, userId: number) {
  return queryOptions({
    queryKey: ['teams-of', userId],
    queryFn: ({ signal }) => client.get<PlayedTeams>(`/api/users/${userId}/teams`, signal),
    refetchInterval: POLL_MS,
  });
}
