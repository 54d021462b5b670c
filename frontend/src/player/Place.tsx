import type { Player } from '../api/types';
import { useScores } from '../ladder/scores';
import { ErrorNotice } from '../ui/Notice';
import { nameOf } from '../ui/PlayerName';
import { Skeleton } from '../ui/Skeleton';
import { Histogram } from './Histogram';
import { useSpread } from './useSpread';

/** A player's score in the distribution of all scores. */
export function Place({ player }: { player: Player }) {
  const scores = useScores();
  const { bars, median, widening, error, retry } = useSpread();
  return (
    <section aria-labelledby="place" className="card self-start px-5 py-5 sm:px-6">
      <h2 id="place" className="text-lg font-semibold tracking-tight">
        Distribution of scores
      </h2>
      <p className="mt-1 mb-6 min-h-5 text-sm text-muted">
        {median !== null && `Half of the players have ${scores.full(median)} or more. `}
        {widening && 'Each bar covers a wider range than the one before.'}
      </p>
      {bars ? (
        <Histogram bars={bars} score={player.score} name={nameOf(player)} />
      ) : error ? (
        <ErrorNotice error={error} retry={retry} />
      ) : (
        <Skeleton className="h-64" />
      )}
    </section>
  );
}
