import { useMutation, useQueryClient } from '@tanstack/react-query';

import type { Board } from '../api/types';
import { Confirmation } from './Confirmation';
import { useConsoleText } from './i18n/text';
import { useOperator } from './operator';
import { invalidateBoards } from './reads';

export function DeleteBoard({ board: { board, name }, close }: { board: Board; close: () => void }) {
  const words = useConsoleText();
  const operator = useOperator();
  const cache = useQueryClient();
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
      pending={deleting.isPending}
      error={deleting.error}
      confirm={() => deleting.mutate()}
      close={close}
    >
      <p>{words.boards.removeWarning}</p>
    </Confirmation>
  );
}
