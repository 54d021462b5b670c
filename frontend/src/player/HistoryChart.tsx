import { LineChart } from '../charts/LineChart';
import { Numbers } from '../charts/Numbers';
import type { Point } from '../api/types';
import { formatDay, formatExact } from '../format/times';
import { useText } from '../i18n/text';
import { useScores } from '../ladder/scores';

/** Chart of a player's score over time. A score holds until the next submission. */
export function HistoryChart({ points }: { points: readonly Point[] }) {
  const words = useText();
  const { full, short } = useScores();
  const [first] = points;
  const last = points.at(-1);
  if (!first || !last) return null;
  return (
    <figure>
      <LineChart
        samples={points.map(({ at, score }) => ({ at: Date.parse(at), value: Number(score) }))}
        label={words.scoreWent(full(first.score), full(last.score), points.length)}
        formatValue={short}
        begin={formatDay(first.at)}
        end={formatDay(last.at)}
        height="h-44"
        steps
      />
      <Numbers
        summary={words.showPlays}
        columns={[words.time, words.submitted, words.resultingScore]}
        rows={points.toReversed().map((point) => [formatExact(point.at), full(point.submitted), full(point.score)])}
      />
    </figure>
  );
}
