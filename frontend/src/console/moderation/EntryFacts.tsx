import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import type { Board, Entry } from '../../api/types';
import { formatNumber } from '../../format/numbers';
import { scoreFormat } from '../../format/scores';
import { formatExact } from '../../format/times';
import { ErrorNotice } from '../../ui/Notice';
import { Skeleton } from '../../ui/Skeleton';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { entryOf } from './entry';

interface Props {
  readonly board: Board;
  readonly userId: number;
}

/** A player's entry in the current period of a board: rank, score, time and number of submissions. */
export function EntryFacts({ board, userId }: Props) {
  const words = useConsoleText();
  const { data, error, refetch } = useQuery(entryOf(useOperator(), board.board, userId));
  if (data) return <Facts board={board} entry={data} />;
  if (data === null) return <p className="text-sm text-muted">{words.moderation.noEntry}</p>;
  return error ? <ErrorNotice error={error} retry={refetch} /> : <Skeleton className="h-12" />;
}

function Facts({ board, entry }: { board: Board; entry: Entry }) {
  const words = useConsoleText();
  return (
    <>
      <dl aria-label={words.moderation.entry} className="grid grid-cols-2 gap-x-4 gap-y-3 text-sm text-ink sm:grid-cols-4">
        <Fact label={words.moderation.rank}>{formatNumber(entry.rank)}</Fact>
        <Fact label={board.unit === null ? words.score : words.moderation.scoreIn(board.unit)}>{scoreFormat(board).full(entry.score)}</Fact>
        <Fact label={words.moderation.submissions}>{formatNumber(entry.submissions)}</Fact>
        <Fact label={words.time}>{formatExact(entry.achieved_at)}</Fact>
      </dl>
      {entry.hidden && <p className="text-sm text-down">{words.moderation.hiddenNote}</p>}
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
