import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';

import { useSurroundings } from '../api/context';
import { Refused } from '../api/errors';
import type { Board } from '../api/types';
import { useText } from '../i18n/text';
import { useScores } from '../ladder/scores';
import { boardName, useBoard, useBoards } from '../ladder/useBoard';
import { Ago } from '../ui/Ago';
import { Avatar } from '../ui/Avatar';
import { Card } from '../ui/Card';
import { ErrorNotice } from '../ui/Notice';
import { nameOf } from '../ui/PlayerName';
import { SkeletonRows } from '../ui/Skeleton';
import { memberRows, type MemberRow } from './memberRows';
import { contributions, team } from './reads';
import { useTeamTexts } from './texts';

type Rules = NonNullable<Board['team']>;

const INVALID = 422;
const NOT_ALLOWED: readonly number[] = [401, 403];

/** Members of a team with their contributions to its score. Empty on boards that rank players. */
export function TeamSection({ teamId }: { teamId: number }) {
  const rules = useBoard()?.team;
  return rules ? <Members teamId={teamId} rules={rules} /> : null;
}

function Members({ teamId, rules }: { teamId: number; rules: Rules }) {
  const words = useTeamTexts();
  const around = useSurroundings();
  const roster = useQuery(team(around, teamId));
  const scores = useQuery(contributions(around, teamId));
  const refusal = useRefusalText(scores.error);
  const error = roster.error ?? (refusal === null ? scores.error : null);
  const retry = () => Promise.all([roster.refetch(), scores.refetch()]);
  const shown = refusal === null ? scores.data?.contributions : [];
  const rows = roster.data && shown && memberRows(roster.data, shown);
  // The page already says that no team has this id.
  if (!rows && error instanceof Refused && error.status === 404) return null;
  return (
    <Card id="members" title={words.members} note={roster.data && <Note rules={rules} taken={roster.data.members.length} all={roster.data.max_members} />}>
      {rows ? (
        <MemberList rows={rows} source={rules.source} absent={refusal ?? words.noScore} />
      ) : error ? (
        <ErrorNotice error={error} retry={retry} />
      ) : (
        <SkeletonRows rows={3} label={words.loading} />
      )}
    </Card>
  );
}

/** Return why the service refuses contributions: the board is frozen, or its source is private. Null for other errors. */
function useRefusalText(error: Error | null): string | null {
  const words = useTeamTexts();
  if (!(error instanceof Refused)) return null;
  if (NOT_ALLOWED.includes(error.status)) return words.hidden;
  return error.status === INVALID ? words.frozen : null;
}

/** Number of members, and the function that combines their contributions. */
function Note({ rules: { source, function: name, members }, taken, all }: { rules: Rules; taken: number; all: number }) {
  const words = useTeamTexts();
  const board = useBoards()?.find((candidate) => candidate.board === source);
  const rule = name === 'sum' ? words.rules.sum : words.rules[name](members ?? 1);
  return [words.places(taken, all), rule, words.source(board ? boardName(board) : source)].join(' ');
}

/** List of members. `absent` is the state of a member without a contribution. */
function MemberList({ rows, source, absent }: { rows: readonly MemberRow[]; source: string; absent: string }) {
  const words = useTeamTexts();
  if (rows.length === 0) return <p className="px-4 py-4 text-sm text-muted sm:px-6">{words.nobody}</p>;
  return (
    <ol className="divide-y divide-line">
      {rows.map((row) => (
        <Member key={row.user_id} row={row} source={source} absent={absent} />
      ))}
    </ol>
  );
}

function Member({ row, source, absent }: { row: MemberRow; source: string; absent: string }) {
  const words = useTeamTexts();
  const { full } = useScores();
  const { contribution } = row;
  const name = nameOf(row);
  return (
    <li className="flex min-h-16 items-center gap-3 px-4 py-2 sm:gap-4 sm:px-6">
      <Avatar id={row.user_id} name={name} className="size-9 text-xs max-[26rem]:hidden" />
      <div className="min-w-0 flex-1">
        <Link
          to="/player/$id"
          params={{ id: String(row.user_id) }}
          search={{ board: source }}
          dir="auto"
          title={name}
          className="block w-fit max-w-full truncate rounded leading-6 font-medium underline-offset-4 hover:underline"
        >
          {name}
        </Link>
        <p className="text-xs break-words text-muted">
          {[...(row.isCaptain ? [words.captain] : []), useStateText(row, absent)].join(', ')}
          {contribution && (
            <>
              , <Plays row={row} />
            </>
          )}
        </p>
      </div>
      {contribution && (
        <span className={`shrink-0 text-right text-lg font-semibold tabular-nums ${contribution.counts ? '' : 'text-muted'}`}>
          {full(contribution.score)}
        </span>
      )}
    </li>
  );
}

function Plays({ row: { contribution } }: { row: MemberRow }) {
  const words = useText();
  return (
    contribution && (
      <>
        {words.plays(contribution.submissions)}, <Ago time={contribution.achieved_at} short />
      </>
    )
  );
}

/** Return a text that says whether the contribution counts, and whether its player has left. */
function useStateText({ contribution }: MemberRow, absent: string): string {
  const words = useTeamTexts();
  if (contribution === null) return absent;
  const counts = contribution.counts ? words.counts : words.spare;
  return contribution.member ? counts : `${words.left}, ${counts}`;
}
