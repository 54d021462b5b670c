import { useMutation, useQueryClient } from '@tanstack/react-query';

import type { HiddenEntry } from '../../api/types';
import { nameOf } from '../../ui/PlayerName';
import { Confirmation } from '../Confirmation';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { requestOf } from './acts';

interface Props {
  readonly board: string;
  readonly entry: HiddenEntry;
  readonly close: () => void;
}

/**
 * Dialog that shows a hidden entry again. It undoes all causes: the entry was hidden, the player was hidden, or both.
 */
export function Unhide({ board, entry, close }: Props) {
  const words = useConsoleText();
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
      title={words.moderation.unhideTitle(nameOf(entry))}
      act={words.moderation.unhideButton}
      pending={showing.isPending}
      error={showing.error}
      confirm={showing.mutate}
      close={close}
    >
      {entry.hidden_by.map((cause) => (
        <p key={cause}>{words.moderation.unhides[cause]}</p>
      ))}
    </Confirmation>
  );
}
