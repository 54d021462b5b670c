import { useQuery } from '@tanstack/react-query';

import { useSurroundings } from '../api/context';
import { rankHistory } from '../api/reads';
import { LineChart } from '../charts/LineChart';
import { Numbers } from '../charts/Numbers';
import { formatNumber } from '../format/numbers';
import { formatDay } from '../format/times';
import { useText } from '../i18n/text';
import { useScores } from '../ladder/scores';
import { useBoard } from '../ladder/useBoard';

/** A player's rank at the end of each of the last days, on boards that keep past standings. */
export function RankHistory({ userId }: { userId: number }) {
  return useBoard()?.moment_days ? <Ranks userId={userId} /> : null;
}

function Ranks({ userId }: { userId: number }) {
  const words = useText();
  const { full } = useScores();
  const { data } = useQuery(rankHistory(useSurroundings(), userId));
  // The ranks are optional: the rest of the page works without them.
  const ranks = (data?.ranks ?? []).flatMap(({ at, rank, score }) => (rank === null || score === null ? [] : [{ at, rank, score }]));
  const [first] = ranks;
  const last = ranks.at(-1);
  if (!first || !last || first === last) return null;
  return (
    <section aria-labelledby="ranks" className="card px-4 py-5 sm:px-6">
      <h2 id="ranks" className="mb-4 text-lg font-semibold tracking-tight">
        {words.rankOverTime}
      </h2>
      <figure>
        <LineChart
          // Use negative ranks, because the best rank is the smallest number and must be at the top of the chart.
          samples={ranks.map(({ at, rank }) => ({ at: Date.parse(at), value: -rank }))}
          ceiling={-1}
          label={words.rankWent(formatNumber(first.rank), formatNumber(last.rank), ranks.length)}
          formatValue={(value) => formatNumber(Math.abs(value))}
          begin={formatDay(first.at)}
          end={formatDay(last.at)}
          height="h-32"
        />
        <Numbers
          summary={words.showRanks}
          columns={[words.time, words.rank, words.score]}
          rows={ranks.toReversed().map(({ at, rank, score }) => [formatDay(at), formatNumber(rank), full(score)])}
        />
      </figure>
    </section>
  );
}
