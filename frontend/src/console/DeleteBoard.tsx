import { useMutation, useQueryClient } from '@tanstack/react-query';

import type { Board } from '../api/types';
import { Confirmation } from './Confirmation';
import { useOperator } from './operator';
import { invalidateBoards } from './reads';

export function DeleteBoard({ board: { board, name }, close }: { board: Board; close: () => void }) {
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
      title={`Delete the board ${name}?`}
      act="Delete"
      asks={{ typed: board }}
      pending={deleting.isPending}
      error={deleting.error}
      confirm={() => deleting.mutate()}
      close={close}
    >
      <p>Its scores, ranks and past periods disappear for everyone within five seconds. This cannot be undone.</p>
    </Confirmation>
  );
}
