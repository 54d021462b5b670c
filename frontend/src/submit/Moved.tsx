import type { Receipt } from '../api/types';
import { formatNumber } from '../format/numbers';

/** Effect of a submission on the player's rank. */
export function Moved({ before, receipt }: { before: number | null; receipt: Receipt }) {
  const { rank } = receipt;
  return (
    <p role="status" className="card px-4 py-5 text-lg sm:px-6">
      {words(before, receipt)}
      {before !== null && rank !== null && before !== rank && (
        <span className={`ml-3 font-semibold tabular-nums ${rank < before ? 'text-up' : 'text-down'}`}>
          <span aria-hidden="true">
            {rank < before ? '▲' : '▼'} {formatNumber(Math.abs(before - rank))}
          </span>
        </span>
      )}
    </p>
  );
}

function words(before: number | null, { rank, duplicate }: Receipt): string {
  if (duplicate) return 'This submission was counted before. It counts once.';
  if (rank === null) return 'The score is counted. Its rank is not available yet; open the player in a moment.';
  if (before === null) return `The player is now at rank ${formatNumber(rank)}.`;
  if (before === rank) return `The player stays at rank ${formatNumber(rank)}.`;
  return `The player went from rank ${formatNumber(before)} to ${formatNumber(rank)}.`;
}
