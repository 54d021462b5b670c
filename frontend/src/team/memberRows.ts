import type { Contribution, Team } from '../api/types';

/**
 * Player of a team, with the contribution to the team's score. The contribution is null if the player has no score in
 * the period.
 */
export interface MemberRow {
  readonly user_id: number;
  readonly username: string | null;
  readonly isCaptain: boolean;
  readonly contribution: Contribution | null;
}

/**
 * Return the contributions in the order of the service, then the members without a contribution in the order of
 * joining.
 */
export function memberRows(team: Team, contributions: readonly Contribution[]): MemberRow[] {
  const contributing = new Set(contributions.map(({ user_id: id }) => id));
  const isCaptain = (id: number) => id === team.captain_id;
  return [
    ...contributions.map((contribution) => {
      const { user_id, username } = contribution;
      return { user_id, username, isCaptain: isCaptain(user_id), contribution };
    }),
    ...team.members
      .filter(({ user_id: id }) => !contributing.has(id))
      .map(({ user_id, username }) => ({ user_id, username, isCaptain: isCaptain(user_id), contribution: null })),
  ];
}
