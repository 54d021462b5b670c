import { formatNumber } from '../format/numbers';
import { useText } from '../i18n/text';
import type { Since } from '../moments/search';
import type { Movement } from './movement';

interface Props {
  readonly movement: Movement | undefined;
  /** Moment since which the player has moved. Absent for a live change, whose arrow is visible for some seconds. */
  readonly since?: Since | undefined;
}

/** Arrow with the number of ranks that a player has moved. */
export function MovementBadge({ movement, since }: Props) {
  const words = useText().moved;
  if (!movement || movement.by === 0) return null;
  const { by } = movement;
  if (by === null) {
    return (
      <span className="rounded-md bg-wash px-1.5 py-0.5 text-xs font-medium text-accent">
        <span aria-hidden={since !== undefined}>{words.new}</span>
        {since && <span className="sr-only">{words.newSince(words.since[since])}</span>}
      </span>
    );
  }
  const ranks = Math.abs(by);
  const live = by > 0 ? words.up(ranks) : words.down(ranks);
  const compared = since && (by > 0 ? words.ranksUp : words.ranksDown)(ranks, words.since[since]);
  return (
    <span className={`text-xs font-semibold whitespace-nowrap tabular-nums ${by > 0 ? 'text-up' : 'text-down'}`}>
      <span aria-hidden="true">
        {by > 0 ? '▲' : '▼'} {formatNumber(ranks)}
      </span>
      <span className="sr-only">{compared ?? live}</span>
    </span>
  );
}
