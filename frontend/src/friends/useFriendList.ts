import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { useDeployment } from '../api/context';
import { MAX_FRIENDS, withFriends, withoutFriend, type Friend } from './friendsList';
import { MAX_KEPT, addKept, keptFriends, removeKept } from './keptFriends';
import { useSession, type Session } from './session';
import { saveFriends, useFriends } from './useFriends';

/** The reader's friends, stored in this browser or by the service. */
export interface FriendList {
  readonly friends: readonly Friend[];
  readonly most: number;
  /** True until the service has sent the list. */
  readonly isPending: boolean;
  readonly error: Error | null;
  readonly add: (friends: readonly Friend[]) => Promise<void>;
  readonly remove: (id: number) => void;
}

const NOBODY: Session = { id: 0, token: '' };

export function useFriendList(): FriendList {
  const local = useFriends();
  const session = useSession();
  const deployment = useDeployment();
  const cache = useQueryClient();
  const { data, error, isPending } = useQuery({ ...keptFriends(deployment, session ?? NOBODY), enabled: session !== null });
  const changing = useMutation({
    mutationFn: (change: () => Promise<void>) => change(),
    onSettled: () => cache.invalidateQueries({ queryKey: ['friends'] }),
    gcTime: 0, // do not cache: the mutation's variables contain the token
  });
  if (session === null) {
    return {
      friends: local,
      most: MAX_FRIENDS,
      error: null,
      isPending: false,
      add: (friends) => {
        saveFriends(withFriends(local, friends));
        return Promise.resolve();
      },
      remove: (id) => saveFriends(withoutFriend(local, id)),
    };
  }
  return {
    friends: data ?? [],
    most: MAX_KEPT,
    isPending,
    error: changing.error ?? error,
    add: (friends) => changing.mutateAsync(() => addKept(deployment, session, friends)),
    remove: (id) => changing.mutate(() => removeKept(deployment, session, id)),
  };
}
