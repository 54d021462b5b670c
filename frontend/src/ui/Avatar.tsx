import { colourOf, initials } from './initials';

interface Props {
  readonly id: number;
  readonly name: string;
  readonly className?: string;
}

/** Initials of a player on the player's colour. They are decorative, because the name is beside them. */
export function Avatar({ id, name, className = 'size-9 text-xs' }: Props) {
  return (
    <span
      aria-hidden="true"
      style={{ backgroundColor: colourOf(id) }}
      className={`grid shrink-0 place-items-center rounded-full font-semibold text-ink select-none forced-colors:border ${className}`}
    >
      {initials(name)}
    </span>
  );
}
