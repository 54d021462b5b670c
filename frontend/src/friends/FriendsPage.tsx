import { usePageTitle } from '../ui/usePageTitle';
import { AddFriends } from './AddFriends';
import { FriendsRanking } from './FriendsRanking';
import { useFriends } from './useFriends';

export function FriendsPage() {
  const friends = useFriends();
  usePageTitle('Friends');
  return (
    <div className="space-y-6 sm:space-y-8">
      <h1 className="text-3xl font-bold tracking-tight sm:text-4xl">Friends</h1>
      <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <FriendsRanking friends={friends} />
        <AddFriends />
      </div>
    </div>
  );
}
