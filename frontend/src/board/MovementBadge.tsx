import { formatNumber } from '../format/numbers';
import type { Movement } from './movement';

/** Arrow with the number of ranks that a player has moved. It is visible for some seconds. */
export function MovementBadge({ movement }: { movement: Movement | undefined }) {
  if (!movement || movement.by === 0) return null;
  const { by } = movement;
  if (by === null) {
    return <span className="rounded-md bg-wash px-1.5 py-0.5 text-xs font-medium text-accent">new</span>;
  }
  const up = by > 0;
  return (
    <span className={`text-xs font-semibold tabular-nums ${up ? 'text-up' : 'text-down'}`}>
      <span aria-hidden="true">
        {up ? '▲' : '▼'} {formatNumber(Math.abs(by))}
      </span>
      <span className="sr-only">
        {up ? 'up' : 'down'} {formatNumber(Math.abs(by))}
      </span>
    </span>
  );
}
