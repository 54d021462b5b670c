import { useMutation, useQueryClient } from '@tanstack/react-query';

import type { HiddenEntry } from '../../api/types';
import { nameOf } from '../../ui/PlayerName';
import { Confirmation } from '../Confirmation';
import { useOperator } from '../operator';
import { requestOf } from './acts';

interface Props {
  readonly board: string;
  readonly entry: HiddenEntry;
  readonly close: () => void;
}

const WORDS = { entry: 'The entry becomes visible on this board.', player: 'The player becomes visible on all boards.' } as const;

/** Dialog that shows a hidden entry again. It reverts each cause: the hidden entry, the hidden player, or both. */
export function Unhide({ board, entry, close }: Props) {
  const operator = useOperator();
  const cache = useQueryClient();
  const showing = useMutation({
    mutationFn: async (reason: string) => {
      for (const cause of entry.hidden_by) {
        const { method, path, body } = requestOf({ act: `unhide-${cause}`, board, userId: entry.user_id, reason });
        await operator.change(method, path, body);
      }
    },
    onSuccess: close,
    onSettled: () => cache.invalidateQueries(),
  });
  return (
    <Confirmation
      asks="reason"
      title={`Unhide ${nameOf(entry)}?`}
      act="Unhide"
      pending={showing.isPending}
      error={showing.error}
      confirm={showing.mutate}
      close={close}
    >
      {entry.hidden_by.map((cause) => (
        <p key={cause}>{WORDS[cause]}</p>
      ))}
    </Confirmation>
  );
}
