import { useMutation } from '@tanstack/react-query';

import { inWords } from '../../api/errors';
import type { User } from '../../api/types';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { save } from '../save';
import { nameOf } from '../../ui/PlayerName';

/** Button that downloads all data of a player as a file. */
export function ExportButton({ player }: { player: User }) {
  const words = useConsoleText();
  const { user_id: userId } = player;
  const operator = useOperator();
  const exporting = useMutation({
    mutationFn: () => operator.download(`/api/users/${userId}/export`),
    onSuccess: (content) => save(content, `player-${userId}.json`),
    gcTime: 0, // do not cache personal data
  });
  return (
    <>
      <button
        type="button"
        className="button"
        aria-label={words.players.export(nameOf(player))}
        disabled={exporting.isPending}
        onClick={() => exporting.mutate()}
      >
        {words.players.exportButton}
      </button>
      <span role="alert" className="self-center text-sm text-down empty:hidden">
        {exporting.error ? inWords(exporting.error) : null}
      </span>
    </>
  );
}
