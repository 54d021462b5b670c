import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Act } from '../api/types';
import { detailsInLine } from '../format/metadata';
import { formatExact } from '../format/times';
import { parseUserId } from '../search/suggestions';
import { Field } from '../ui/Field';
import { Ago } from '../ui/Ago';
import { Card } from '../ui/Card';
import { ErrorNotice, Notice } from '../ui/Notice';
import { SkeletonRows } from '../ui/Skeleton';
import { useSettled } from '../ui/useSettled';
import { useOperator } from './operator';
import { audit } from './reads';

const SETTLED_MS = 300;

/** Audit log, newest entries first. */
export function AuditPage() {
  const [board, setBoard] = useState('');
  const [player, setPlayer] = useState('');
  const userId = parseUserId(useSettled(player, SETTLED_MS));
  const slug = useSettled(board.trim(), SETTLED_MS);
  const wanted = { ...(slug && { board: slug }), ...(userId !== null && { user_id: userId }) };
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    audit(useOperator(), wanted),
  );
  const acts = data?.pages.flatMap((page) => page.entries);

  return (
    <Card
      id="audit"
      title="Audit log"
      align="end"
      beside={
        <div role="search" aria-label="Audit log" className="grid grid-cols-2 gap-3">
          <Field label="Board" value={board} onChange={(event) => setBoard(event.currentTarget.value)} />
          <Field
            label="Player’s id"
            inputMode="numeric"
            value={player}
            onChange={(event) => setPlayer(event.currentTarget.value)}
          />
        </div>
      }
    >
      {acts ? <Acts acts={acts} /> : error ? <ErrorNotice error={error} retry={refetch} /> : <SkeletonRows rows={6} label="Loading the log" />}
      {hasNextPage && (
        <div className="border-t border-line p-4 text-center">
          <button type="button" className="button" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show earlier entries
          </button>
        </div>
      )}
    </Card>
  );
}

function Acts({ acts }: { acts: readonly Act[] }) {
  if (acts.length === 0) return <Notice title="No audit entries">No action matches. Change the board or the player.</Notice>;
  return (
    <ol className="divide-y divide-line">
      {acts.map((act, at) => (
        <li key={`${act.at} ${at}`} className="flex flex-wrap gap-x-6 gap-y-1 px-4 py-3.5 sm:px-6">
          <div className="min-w-0 flex-1 basis-60">
            <p className="font-medium break-words">
              <span className="font-mono text-sm">{act.action}</span> {about(act)}
            </p>
            {act.reason && <p className="text-sm break-words">“{act.reason}”</p>}
            <p className="text-sm break-words text-muted">{detailsInLine(act.details)}</p>
          </div>
          <p className="text-sm text-muted" title={formatExact(act.at)}>
            {act.actor}, <Ago time={act.at} />
          </p>
        </li>
      ))}
    </ol>
  );
}

function about({ board, user_id: userId }: Act): string {
  const parts = [...(userId !== null ? [`player ${userId}`] : []), ...(board !== null ? [`on ${board}`] : [])];
  return parts.join(' ');
}
