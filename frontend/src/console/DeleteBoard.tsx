import { useMutation, useQueryClient } from '@tanstack/react-query';

import type { Board } from '../api/types';
import { formatList } from '../format/lists';
import { Confirmation } from './Confirmation';
import { boardsFeeding } from './feedDraft';
import type { ConsoleMessages } from './i18n/en';
import { useConsoleText } from './i18n/text';
import { useOperator } from './operator';
import { invalidateBoards } from './reads';

interface Props {
  readonly board: Board;
  /** All boards, because boards that feed this one, and its team boards, forbid the deletion. */
  readonly boards: readonly Board[];
  readonly close: () => void;
}

export function DeleteBoard({ board: deleted, boards, close }: Props) {
  const { board, name, feeds = [] } = deleted;
  const words = useConsoleText();
  const operator = useOperator();
  const cache = useQueryClient();
  const obstacles = obstaclesOf(board, boards, words);
  const fed = boards.filter((other) => feeds.some((feed) => feed.board === other.board));
  const deleting = useMutation({
    mutationFn: () => operator.change<Board>('DELETE', `/api/boards/${board}`),
    onSuccess: () => {
      close();
      return invalidateBoards(cache);
    },
  });
  return (
    <Confirmation
      title={words.boards.removeTitle(name)}
      act={words.boards.removeButton}
      asks={{ typed: board }}
      obstacle={obstacles === '' ? null : obstacles}
      pending={deleting.isPending}
      error={deleting.error}
      confirm={() => deleting.mutate()}
      close={close}
    >
      <p>{words.boards.removeWarning}</p>
      {fed.length > 0 && <p>{words.boards.removeFed(named(fed))}</p>}
    </Confirmation>
  );
}

/** Return the reasons why the service refuses to delete the board, as one text. The text is empty without a reason. */
function obstaclesOf(slug: string, boards: readonly Board[], { boards: words }: ConsoleMessages): string {
  const feeding = boardsFeeding(slug, boards);
  const teamBoards = boards.filter(({ team }) => team?.source === slug);
  return [feeding.length > 0 && words.removeFeeding(named(feeding)), teamBoards.length > 0 && words.removeSource(named(teamBoards))]
    .filter(Boolean)
    .join(' ');
}

function named(boards: readonly Board[]): string {
  return formatList(boards.map(({ name }) => name));
}
