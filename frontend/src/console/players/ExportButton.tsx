import { useMutation } from '@tanstack/react-query';

import { inWords } from '../../api/errors';
import type { User } from '../../api/types';
import { useOperator } from '../operator';

/** Gives a file with everything about a player. */
export function ExportButton({ player: { user_id: userId, username } }: { player: User }) {
  const operator = useOperator();
  const exporting = useMutation({
    mutationFn: () => operator.download(`/api/users/${userId}/export`),
    onSuccess: (content) => save(content, `player-${userId}.json`),
    gcTime: 0, // what is personal is not kept
  });
  return (
    <>
      <button
        type="button"
        className="button"
        aria-label={`Export ${username}`}
        disabled={exporting.isPending}
        onClick={() => exporting.mutate()}
      >
        Export
      </button>
      <span role="alert" className="self-center text-sm text-down empty:hidden">
        {exporting.error ? inWords(exporting.error) : null}
      </span>
    </>
  );
}

/** Let the browser keep it as a file, as if it came from a link. */
function save(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = Object.assign(document.createElement('a'), { href: address, download: name });
  link.click();
  URL.revokeObjectURL(address);
}
