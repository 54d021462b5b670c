import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';

import type { Board, Kind } from '../api/types';
import { formatList } from '../format/lists';
import { formatExact } from '../format/times';
import { Card } from '../ui/Card';
import { ErrorNotice } from '../ui/Notice';
import { SkeletonRows } from '../ui/Skeleton';
import { ActButton } from './ActButton';
import { BoardForm } from './BoardForm';
import { DeleteBoard } from './DeleteBoard';
import { FreezeBoard } from './FreezeBoard';
import type { ConsoleMessages } from './i18n/en';
import { useConsoleText } from './i18n/text';
import { boardsFeeding } from './feedDraft';
import { EMPTY, changesOf, draftOf, settingsOf, type BoardDraft } from './boardDraft';
import { useOperator } from './operator';
import { allBoards, invalidateBoards } from './reads';

/** All boards, with forms to create, change and delete them. */
export function BoardsPage() {
  const words = useConsoleText();
  const operator = useOperator();
  const cache = useQueryClient();
  const { data, error, refetch } = useQuery(allBoards(operator));
  const [edited, setEdited] = useState<Board | 'new' | null>(null);
  const [unwanted, setUnwanted] = useState<Board | null>(null);
  const [frozen, setFrozen] = useState<Board | null>(null);
  const saving = useMutation({
    mutationFn: (draft: BoardDraft) =>
      edited === null || edited === 'new'
        ? operator.change<Board>('POST', '/api/boards', { board: draft.board, ...settingsOf(draft) })
        : operator.change<Board>('PATCH', `/api/boards/${draft.board}`, changesOf(draft, edited)),
    onSuccess: () => {
      setEdited(null);
      return invalidateBoards(cache);
    },
  });

  function edit(next: Board | 'new' | null): void {
    saving.reset();
    setEdited(next);
  }

  return (
    <Card
      id="boards"
      title={words.tabs.boards}
      beside={
        <ActButton permission="manage_boards" className="button button-primary" onClick={() => edit('new')}>
          {words.boards.create}
        </ActButton>
      }
    >
      {data ? (
        <BoardList boards={data.boards} edit={edit} remove={setUnwanted} freeze={setFrozen} />
      ) : error ? (
        <ErrorNotice error={error} retry={refetch} />
      ) : (
        <SkeletonRows rows={4} label={words.loadingBoards} />
      )}
      {edited && (
        <BoardForm
          title={edited === 'new' ? words.boards.create : words.boards.edit(edited.name)}
          act={edited === 'new' ? words.create : words.boards.save}
          boards={data?.boards ?? []}
          initial={edited === 'new' ? EMPTY : draftOf(edited)}
          exists={edited !== 'new'}
          pending={saving.isPending}
          error={saving.error}
          send={saving.mutate}
          close={() => setEdited(null)}
        />
      )}
      {frozen && <FreezeBoard board={frozen} close={() => setFrozen(null)} />}
      {unwanted && <DeleteBoard board={unwanted} boards={data?.boards ?? []} close={() => setUnwanted(null)} />}
    </Card>
  );
}

/** Board that cannot be deleted: calls without a board use it. */
const FOR_EVER = 'default';

interface ListProps {
  readonly boards: readonly Board[];
  readonly edit: (board: Board) => void;
  readonly remove: (board: Board) => void;
  readonly freeze: (board: Board) => void;
}

function BoardList({ boards, edit, remove, freeze }: ListProps) {
  const words = useConsoleText();
  return (
    <ul className="divide-y divide-line">
      {boards.map((board) => (
        <li key={board.board} className="flex flex-wrap items-center gap-x-6 gap-y-3 px-4 py-4 sm:px-6">
          <div className="min-w-0 flex-1 basis-60">
            <p dir="auto" className="truncate font-medium">
              {board.name}
            </p>
            <p className="text-sm break-words text-muted">{inShort(board, boards, words)}</p>
          </div>
          <div className="flex gap-2">
            <Link to="/" search={{ board: board.board, period: undefined, segment: undefined }} className="button" aria-label={words.boards.view(board.name)}>
              {words.boards.viewButton}
            </Link>
            <ActButton permission="manage_boards" aria-label={words.boards.edit(board.name)} onClick={() => edit(board)}>
              {words.boards.editButton}
            </ActButton>
            {board.moment_days !== null && (
              <ActButton permission="manage_boards" aria-label={words.boards.freeze.title(board.name)} onClick={() => freeze(board)}>
                {words.boards.freeze.button}
              </ActButton>
            )}
            {board.board !== FOR_EVER && (
              <ActButton permission="manage_boards" aria-label={words.boards.remove(board.name)} onClick={() => remove(board)}>
                {words.boards.removeButton}
              </ActButton>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}

function inShort(board: Board, boards: readonly Board[], words: ConsoleMessages): string {
  const { board: slug, policy, order, periods, private: isPrivate, building, frozen_at: frozenAt, score_type: scoreType, tiebreakers = [], feeds = [] } = board;
  const feeding = boardsFeeding(slug, boards).map((other) => other.board);
  const named = (kinds: readonly Kind[]) => formatList(kinds.map((kind) => words.kinds[kind]));
  return [
    slug,
    `${words.boards.counted[policy]}, ${order === 'desc' ? words.boards.highestFirst : words.boards.lowestFirst}`,
    ...(scoreType === 'int64' ? [words.boards.longScores] : []),
    ...(tiebreakers.length > 0 ? [words.boards.tiebreakers(formatList(tiebreakers.map(({ name }) => name)))] : []),
    named(periods),
    ...(feeds.length > 0 ? [words.boards.feeds(formatList(feeds.map((feed) => words.boards.feed(feed.board, feed.number))))] : []),
    ...(feeding.length > 0 ? [words.boards.fedBy(formatList(feeding))] : []),
    ...(isPrivate ? [words.boards.private] : []),
    ...(frozenAt === null ? [] : [words.boards.freeze.present(formatExact(frozenAt))]),
    ...(building.length > 0 ? [words.boards.backfilling(named(building))] : []),
  ].join(' · ');
}
