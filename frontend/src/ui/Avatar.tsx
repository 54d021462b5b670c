import { useState } from 'react';

import { useSurroundings } from '../api/context';
import { avatarOf } from '../config';
import { colourOf, initials } from './initials';

interface Props {
  readonly id: number;
  readonly name: string;
  readonly className?: string;
}

/**
 * Picture of a player, or initials on the player's colour. Both are decorative, because the name is beside them.
 *
 * The initials are visible until the picture is loaded, and stay if it cannot be loaded.
 */
export function Avatar({ id, name, className = 'size-9 text-xs' }: Props) {
  const address = avatarOf(useSurroundings().config, id);
  const [missing, setMissing] = useState<string | null>(null);
  return (
    <span
      aria-hidden="true"
      style={{ backgroundColor: colourOf(id) }}
      className={`relative grid shrink-0 overflow-hidden place-items-center rounded-full font-semibold text-ink select-none forced-colors:border ${className}`}
    >
      {initials(name)}
      {address !== null && address !== missing && (
        <img src={address} alt="" loading="lazy" className="absolute inset-0 size-full object-cover" onError={() => setMissing(address)} />
      )}
    </span>
  );
}
