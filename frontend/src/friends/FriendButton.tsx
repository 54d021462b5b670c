import { useText } from '../i18n/text';
import { Icon } from '../ui/Icon';
import type { Friend } from './friendsList';
import { useFriendList } from './useFriendList';

export function FriendButton({ friend }: { friend: Friend }) {
  const words = useText();
  const list = useFriendList();
  const isFriend = list.friends.some((one) => one.id === friend.id);
  return (
    <button
      type="button"
      className="button"
      aria-pressed={isFriend}
      onClick={() => {
        if (isFriend) list.remove(friend.id);
        else void list.add([friend]).catch(() => undefined); // the page of friends shows the error
      }}
    >
      <Icon name={isFriend ? 'check' : 'plus'} className="size-4" />
      {isFriend ? words.friend : words.addFriend}
    </button>
  );
}
