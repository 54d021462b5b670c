import type { Player } from '../api/types';
import { useText } from '../i18n/text';
import { useScores } from '../ladder/scores';
import { useBoard } from '../ladder/useBoard';
import { ErrorNotice } from '../ui/Notice';
import { nameOf } from '../ui/PlayerName';
import { Skeleton } from '../ui/Skeleton';
import { Histogram } from './Histogram';
import { useSpread, type Spread } from './useSpread';

/** A player's score in the distribution of all scores. */
export function Place({ player }: { player: Player }) {
  const words = useText();
  const spread = useSpread();
  const { bars, error, retry } = spread;
  return (
    <section aria-labelledby="place" className="card self-start px-4 py-5 sm:px-6">
      <h2 id="place" className="text-lg font-semibold tracking-tight">
        {words.distribution}
      </h2>
      <p className="mt-1 mb-6 min-h-5 text-sm text-muted">
        <Explanation spread={spread} />
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

function Explanation({ spread: { bars, shape, median, core } }: { spread: Spread }) {
  const words = useText();
  const { full } = useScores();
  const order = useBoard()?.order ?? 'desc';
  const [first] = bars ?? [];
  const last = bars?.at(-1);
  const isCut = shape === 'tails' && core !== null;
  return [
    median !== null && words.halfHave(full(median), order),
    shape === 'widening' && words.wideningBars,
    isCut && first && Number(first.high) < core.low && words.headBar(full(first.low), full(first.high)),
    isCut && last && Number(last.low) > core.high && words.tailBar(full(last.low), full(last.high)),
  ]
    .filter(Boolean)
    .join(' ');
}
