import { Link } from '@tanstack/react-router';

import { useAdminKey } from '../../api/adminKey';
import { useText } from '../../i18n/text';
import { Icon } from '../../ui/Icon';
import { nameOf } from '../../ui/PlayerName';

interface Props {
  readonly player: { readonly user_id: number; readonly username: string | null };
  /** True for an icon, false for a button with a text. */
  readonly small?: boolean;
  /** Whether the Tab key reaches the link. */
  readonly isTabStop?: boolean;
}

/** Link to a player's moderation on the selected board. Only signed-in operators see it. */
export function ModerateLink({ player, small = false, isTabStop = true }: Props) {
  const words = useText();
  if (useAdminKey() === null) return null;
  const label = words.moderate(nameOf(player));
  return (
    <Link
      to="/console/moderation"
      search={{ player: player.user_id }}
      aria-label={label}
      title={label}
      tabIndex={isTabStop ? undefined : -1}
      className={small ? 'icon-button' : 'button'}
    >
      {small ? <Icon name="shield" /> : words.moderation}
    </Link>
  );
}
