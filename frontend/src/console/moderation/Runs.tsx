import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { inWords } from '../../api/errors';
import type { Board, Moderated } from '../../api/types';
import { formatList } from '../../format/lists';
import { scoreFormat } from '../../format/scores';
import { Card } from '../../ui/Card';
import { ErrorNotice, Notice } from '../../ui/Notice';
import { SkeletonRows } from '../../ui/Skeleton';
import { Confirmation } from '../Confirmation';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { EntryFacts } from './EntryFacts';
import { RunRow } from './RunRow';
import type { Request } from './acts';
import { countingRuns, removalOf, removedRuns, restorationOf, runsIn, withRemoved, type Run } from './runs';

interface Props {
  readonly board: Board;
  readonly userId: number;
  readonly name: string;
}

/** Reason of a restoration, for the audit log. */
const RESTORED = 'the removal was undone in the console';

/**
 * Submissions of a player to a board. Each submission can be removed alone. A removed submission stays in the list, and
 * can be restored.
 */
export function Runs({ board, userId, name }: Props) {
  const words = useConsoleText();
  const operator = useOperator();
  const cache = useQueryClient();
  const subject = { board: board.board, userId };
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(countingRuns(operator, subject));
  const [removed, setRemoved] = useState<readonly Run[]>([]);
  const [unwanted, setUnwanted] = useState<Run | null>(null);
  const send = ({ method, path, body }: Request) => operator.change<Moderated>(method, path, body);
  const { full } = scoreFormat(board);
  const { feeds = [] } = board;

  const removing = useMutation({
    mutationFn: ({ run, reason }: { run: Run; reason: string }) => send(removalOf(subject, run, reason)),
    onSuccess: (_, { run }) => {
      setRemoved([...removed, { ...run, removed: true }]);
      setUnwanted(null);
      return cache.invalidateQueries();
    },
  });
  const restoring = useMutation({
    mutationFn: (run: Run) => send(restorationOf(subject, run, RESTORED)),
    onSuccess: async (_, run) => {
      await cache.invalidateQueries();
      setRemoved((current) => current.filter(({ id }) => id !== run.id));
    },
  });
  const searching = useMutation({ mutationFn: () => removedRuns(operator, subject), onSuccess: setRemoved, gcTime: 0 });
  const runs = data && withRemoved(runsIn(data.pages), removed);

  function ask(run: Run): void {
    removing.reset();
    setUnwanted(run);
  }

  return (
    <Card
      id="runs"
      title={words.moderation.submissions}
      note={words.moderation.runsNote(name, board.name)}
      beside={
        <button type="button" className="button" disabled={searching.isPending} onClick={() => searching.mutate()}>
          {words.moderation.showRemoved}
        </button>
      }
    >
      {runs ? (
        runs.length === 0 ? (
          <Notice title={words.moderation.noRuns}>{words.moderation.noRunsHint}</Notice>
        ) : (
          <ol className="divide-y divide-line">
            {runs.map((run) => (
              <RunRow key={run.id} run={run} score={full(run.score)} pending={restoring.isPending} remove={ask} restore={restoring.mutate} />
            ))}
          </ol>
        )
      ) : error ? (
        <ErrorNotice error={error} retry={refetch} />
      ) : (
        <SkeletonRows rows={3} label={words.moderation.loadingRuns} />
      )}
      <Status error={restoring.error ?? searching.error} searched={searching.data?.length} />
      {hasNextPage && (
        <div className="border-t border-line p-4 text-center">
          <button type="button" className="button" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {words.moderation.earlierRuns}
          </button>
        </div>
      )}
      {unwanted && (
        <Confirmation
          asks="reason"
          title={words.moderation.removeRunTitle}
          act={words.remove}
          pending={removing.isPending}
          error={removing.error}
          confirm={(reason) => removing.mutate({ run: unwanted, reason })}
          close={() => setUnwanted(null)}
        >
          <p>{words.moderation.removeRunWarning(name, full(unwanted.score))}</p>
          {feeds.length > 0 && <p>{words.moderation.removedToo(formatList(feeds.map((feed) => feed.board)))}</p>}
          <EntryFacts board={board} userId={userId} />
        </Confirmation>
      )}
    </Card>
  );
}

function Status({ error, searched }: { error: unknown; searched: number | undefined }) {
  const words = useConsoleText();
  return (
    <p role="status" className={`px-4 py-3 text-sm empty:hidden sm:px-6 ${error ? 'text-down' : 'text-muted'}`}>
      {error ? inWords(error) : searched === 0 ? words.moderation.noneRemoved : null}
    </p>
  );
}
