import { formatNumber } from '../format/numbers';
import { useText } from '../i18n/text';
import type { Movement } from './movement';

/** Arrow with the number of ranks that a player has moved. It is visible for some seconds. */
export function MovementBadge({ movement }: { movement: Movement | undefined }) {
  const words = useText().moved;
  if (!movement || movement.by === 0) return null;
  const { by } = movement;
  if (by === null) {
    return <span className="rounded-md bg-wash px-1.5 py-0.5 text-xs font-medium text-accent">{words.new}</span>;
  }
  const ranks = Math.abs(by);
  return (
    <span className={`text-xs font-semibold whitespace-nowrap tabular-nums ${by > 0 ? 'text-up' : 'text-down'}`}>
      <span aria-hidden="true">
        {by > 0 ? '▲' : '▼'} {formatNumber(ranks)}
      </span>
      <span className="sr-only">{by > 0 ? words.up(ranks) : words.down(ranks)}</span>
    </span>
  );
}
