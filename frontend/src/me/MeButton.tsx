import { useText } from '../i18n/text';
import { Icon } from '../ui/Icon';
import { saveMe, useIsMe, type Me } from './me';

/** Button that marks a player as the reader's own. */
export function MeButton({ player }: { player: Me }) {
  const words = useText();
  const isMe = useIsMe(player.id);
  return (
    <button type="button" className="button" aria-pressed={isMe} onClick={() => saveMe(isMe ? null : player)}>
      <Icon name={isMe ? 'check' : 'person'} className="size-4" />
      {isMe ? words.thatIsYou : words.thisIsMe}
    </button>
  );
}
