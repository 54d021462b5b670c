import { useText } from '../i18n/text';
import { Icon } from '../ui/Icon';
import { withFriends, withoutFriend, type Friend } from './friendsList';
import { saveFriends, useFriends } from './useFriends';

export function FriendButton({ friend }: { friend: Friend }) {
  const words = useText();
  const friends = useFriends();
  const isFriend = friends.some((one) => one.id === friend.id);
  return (
    <button
      type="button"
      className="button"
      aria-pressed={isFriend}
      onClick={() => saveFriends(isFriend ? withoutFriend(friends, friend.id) : withFriends(friends, [friend]))}
    >
      <Icon name={isFriend ? 'check' : 'plus'} className="size-4" />
      {isFriend ? words.friend : words.addFriend}
    </button>
  );
}
