import { useQuery } from '@tanstack/react-query';

import { useSurroundings } from '../api/context';
import { Refused } from '../api/errors';
import { user } from '../api/reads';
import { ErrorNotice, Notice } from '../ui/Notice';
import { nameOf } from '../ui/PlayerName';
import { Skeleton } from '../ui/Skeleton';

/** Notice for a player without a rank. It says whether the player exists. */
export function Unranked({ userId }: { userId: number }) {
  const { data, error, refetch } = useQuery(user(useSurroundings(), userId));
  if (data) {
    return (
      <Notice title={`${nameOf(data)} has no score yet`} page>
        The first submitted score gives a rank.
      </Notice>
    );
  }
  if (error instanceof Refused && error.code === 'user_not_found') {
    return (
      <Notice title="Player not found" page>
        No player has the id {userId}. Use the search above.
      </Notice>
    );
  }
  return error ? <ErrorNotice error={error} retry={refetch} page /> : <Skeleton className="h-40" />;
}
