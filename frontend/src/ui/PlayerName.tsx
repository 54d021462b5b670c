import { Link } from '@tanstack/react-router';

import { text } from '../i18n/text';
import { displayName } from './displayName';

interface Named {
  readonly user_id: number;
  readonly username: string | null;
}

interface Props {
  readonly player: Named;
  readonly className?: string;
  /** Whether the Tab key reaches the link. */
  readonly isTabStop?: boolean;
}

export function nameOf({ user_id, username }: Named): string {
  return (username && displayName(username)) ?? text().player(user_id);
}

/** Link to a player's page, labelled with the name. It keeps the name's writing direction and truncates long names. */
export function PlayerName({ player, className = '', isTabStop = true }: Props) {
  const name = nameOf(player);
  return (
    <Link
      to="/player/$id"
      params={{ id: String(player.user_id) }}
      dir="auto"
      title={name}
      tabIndex={isTabStop ? undefined : -1}
      className={`block w-fit max-w-full truncate rounded leading-6 underline-offset-4 hover:underline ${className}`}
    >
      {name}
    </Link>
  );
}
