import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import type { Board, Entry } from '../../api/types';
import { formatNumber } from '../../format/numbers';
import { scoreFormat } from '../../format/scores';
import { formatExact } from '../../format/times';
import { ErrorNotice } from '../../ui/Notice';
import { Skeleton } from '../../ui/Skeleton';
import { useOperator } from '../operator';
import { entryOf } from './entry';

interface Props {
  readonly board: Board;
  readonly userId: number;
}

/** A player's entry in the current period of a board: rank, score, time and number of submissions. */
export function EntryFacts({ board, userId }: Props) {
  const { data, error, refetch } = useQuery(entryOf(useOperator(), board.board, userId));
  if (data) return <Facts board={board} entry={data} />;
  if (data === null) return <p className="text-sm text-muted">The player has no ranked entry in the current period of this board.</p>;
  return error ? <ErrorNotice error={error} retry={refetch} /> : <Skeleton className="h-12" />;
}

function Facts({ board, entry }: { board: Board; entry: Entry }) {
  return (
    <>
      <dl aria-label="Entry" className="grid grid-cols-2 gap-x-4 gap-y-3 text-sm text-ink sm:grid-cols-4">
        <Fact label="Rank">{formatNumber(entry.rank)}</Fact>
        <Fact label={board.unit === null ? 'Score' : `Score, ${board.unit}`}>{scoreFormat(board).full(entry.score)}</Fact>
        <Fact label="Submissions">{formatNumber(entry.submissions)}</Fact>
        <Fact label="Time">{formatExact(entry.achieved_at)}</Fact>
      </dl>
      {entry.hidden && <p className="text-sm text-down">Hidden: only the player and admins see this entry.</p>}
    </>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="eyebrow">{label}</dt>
      <dd className="font-semibold wrap-anywhere tabular-nums">{children}</dd>
    </div>
  );
}
