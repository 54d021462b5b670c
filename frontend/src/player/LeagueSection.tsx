import { useQuery } from '@tanstack/react-query';
import { Fragment } from 'react';

import { useSurroundings } from '../api/context';
import { Refused } from '../api/errors';
import { leagueGroup } from '../api/reads';
import type { Board, LeagueGroup } from '../api/types';
import { EntryRow } from '../board/EntryRow';
import { formatNumber } from '../format/numbers';
import { useText } from '../i18n/text';
import { endInWords } from '../ladder/PeriodEnd';
import { useBoard } from '../ladder/useBoard';
import { ErrorNotice } from '../ui/Notice';
import { useNow } from '../ui/useNow';

/** A player's group in the league of the selected board. Empty without a league, and for a player without a group. */
export function LeagueSection({ userId }: { userId: number }) {
  const board = useBoard();
  return board?.league ? <League userId={userId} board={board} /> : null;
}

function League({ userId, board }: { userId: number; board: Board }) {
  const around = useSurroundings();
  const { period } = around.ladder;
  const kinds: readonly string[] = board.periods;
  const past = period === null || period === 'current' || kinds.includes(period) ? null : period;
  const { data, error, refetch } = useQuery(leagueGroup(around, userId, past));
  // The selected period is not played as a league, or the player has no group in it.
  if (error instanceof Refused && error.status === 404) return null;
  if (!data) return error ? <ErrorNotice error={error} retry={refetch} /> : null;
  return <Group group={data} board={board} />;
}

function Group({ group, board }: { group: LeagueGroup; board: Board }) {
  const words = useText();
  const rankWidth = formatNumber(group.entries.length).length;
  return (
    <section aria-labelledby="league" className="card overflow-hidden">
      <header className="border-b border-line px-4 py-4 sm:px-6">
        <h2 id="league" className="text-lg font-semibold tracking-tight">
          {words.league}
          {group.division !== null && group.group !== null && `: ${words.leagueGroup(group.division, group.group)}`}
        </h2>
        <p className="text-sm text-muted tabular-nums">
          {group.division_rank !== null && `${words.inDivision(group.division_rank, group.division_total)}. `}
          <State group={group} board={board} />
        </p>
      </header>
      <ol className="divide-y divide-line">
        {group.entries.map((entry, at) => (
          <Fragment key={entry.user_id}>
            {at > 0 && at === group.group_total - group.relegated && <Line text={words.relegationLine} tone="text-down" mark="▼" />}
            <li aria-current={entry.user_id === group.user_id ? 'true' : undefined}>
              <EntryRow
                entry={{ ...entry, rank: entry.group_rank ?? entry.rank }}
                rankWidth={rankWidth}
                highlighted={entry.user_id === group.user_id}
              />
            </li>
            {at + 1 === group.promoted && <Line text={words.promotionLine} tone="text-up" mark="▲" />}
          </Fragment>
        ))}
      </ol>
    </section>
  );
}

/** Line between the places that are promoted or relegated and the places that stay. */
function Line({ text, tone, mark }: { text: string; tone: string; mark: string }) {
  return (
    <li className={`px-4 py-1 text-center text-xs font-semibold ${tone}`}>
      <span aria-hidden="true">{mark}</span> {text}
    </li>
  );
}

/** Time left in an open period, or the result of a settled period. */
function State({ group, board }: { group: LeagueGroup; board: Board }) {
  const words = useText();
  const now = useNow();
  if (group.state === 'waiting') return words.leagueWaiting;
  if (group.state === 'closing') return words.leagueClosing;
  if (group.state === 'settled') return group.movement && words.movedTo[group.movement](group.next_division ?? '');
  return group.ends_at && <time dateTime={group.ends_at}>{endInWords(group.ends_at, board.time_zone, now)}</time>;
}
