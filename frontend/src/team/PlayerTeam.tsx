import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';

import { useSurroundings } from '../api/context';
import type { Board } from '../api/types';
import { useBoards } from '../ladder/useBoard';
import { nameOf } from '../ui/PlayerName';
import { teamsOf } from './reads';
import { useTeamTexts } from './texts';

/** Link to a player's team on a team board whose source is the selected board. Empty without such a board or a team. */
export function PlayerTeam({ userId }: { userId: number }) {
  const { board } = useSurroundings().ladder;
  const teamBoard = useBoards()?.find(({ team }) => team?.source === board);
  return teamBoard ? <TeamLink userId={userId} teamBoard={teamBoard} /> : null;
}

function TeamLink({ userId, teamBoard }: { userId: number; teamBoard: Board }) {
  const words = useTeamTexts();
  // The team is optional: the rest of the page works without it.
  const current = useQuery(teamsOf(useSurroundings(), userId)).data?.teams.find(({ left_at: left }) => left === null);
  if (!current) return null;
  return (
    <p className="card px-4 py-4 text-sm text-muted sm:px-6">
      {words.team}:{' '}
      <Link
        to="/player/$id"
        params={{ id: String(current.team_id) }}
        search={{ board: teamBoard.board, period: undefined, segment: undefined }}
        dir="auto"
        className="rounded font-medium break-words text-ink underline-offset-4 hover:underline"
      >
        {nameOf({ user_id: current.team_id, username: current.name })}
      </Link>
    </p>
  );
}
