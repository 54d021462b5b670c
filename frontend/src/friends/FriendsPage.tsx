import { useInvitation } from '../challenge/useInvitation';
import { useText } from '../i18n/text';
import { BoardHead, BoardName } from '../ladder/BoardHead';
import { PeriodEnd } from '../ladder/PeriodEnd';
import { useBoardName } from '../ladder/useBoard';
import { lazyPage } from '../lazyPage';
import { MomentSelection } from '../moments/MomentSelection';
import { usePageTitle } from '../ui/usePageTitle';
import { AddFriends } from './AddFriends';
import { FriendsRanking } from './FriendsRanking';
import { KeepFriends } from './KeepFriends';
import { useFriendList } from './useFriendList';

// Load the code of challenges on demand: few readers come by the link of a challenge.
const ChallengePanel = lazyPage(() => import('../challenge/ChallengePanel'), 'ChallengePanel');

/** Friends of the reader. The link of a challenge opens this page too, with the challenge. */
export function FriendsPage() {
  const words = useText();
  const list = useFriendList();
  const board = useBoardName();
  usePageTitle(words.friends, board);
  const invitation = useInvitation();
  return (
    <div className="space-y-4 sm:space-y-6">
      <BoardHead>
        <BoardName name={board} />
        <h1 className="text-3xl font-bold tracking-tight sm:text-4xl">{words.friends}</h1>
        <PeriodEnd />
      </BoardHead>
      <MomentSelection />
      {invitation !== null && <ChallengePanel key={invitation} />}
      <div className="grid grid-cols-1 items-start gap-4 sm:gap-6 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <FriendsRanking list={list} />
        <div className="space-y-4 sm:space-y-6">
          <AddFriends list={list} />
          <KeepFriends />
        </div>
      </div>
    </div>
  );
}
