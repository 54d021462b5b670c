import { useId } from 'react';

import type { BoardActivity } from '../../api/types';
import { LineChart } from '../../charts/LineChart';
import type { Sample } from '../../charts/plot';
import { formatNumber } from '../../format/numbers';
import { formatClock } from '../../format/times';

const MINUTE_S = 60;

/** Charts of the submissions a minute and the active players. */
export function ActivityCharts({ activity: { points, step_s: stepS, until } }: { activity: BoardActivity }) {
  const perMinute = points.map(({ at, submissions }) => ({ at: Date.parse(at), value: (submissions * MINUTE_S) / stepS }));
  const players = points.map(({ at, players: active }) => ({ at: Date.parse(at), value: active }));
  const end = Date.parse(until);
  return (
    <div className="grid grid-cols-1 gap-6 md:grid-cols-2">
      <Chart title="Submissions a minute" note={`Average of ${stepS / MINUTE_S} min.`} samples={perMinute} end={end} />
      <Chart title="Active players" note={`Players in the busiest minute of ${stepS / MINUTE_S} min.`} samples={players} end={end} />
    </div>
  );
}

interface ChartProps {
  readonly title: string;
  readonly note: string;
  readonly samples: readonly Sample[];
  readonly end: number;
}

function Chart({ title, note, samples, end }: ChartProps) {
  const id = useId();
  const begin = samples[0]?.at ?? end;
  const latest = rounded(samples.at(-1)?.value ?? 0);
  const most = rounded(Math.max(0, ...samples.map(({ value }) => value ?? 0)));
  return (
    <section aria-labelledby={id} className="card px-5 py-5 sm:px-6">
      <div className="flex items-baseline justify-between gap-4">
        <h2 id={id} className="font-semibold tracking-tight">
          {title}
        </h2>
        <p className="text-xl font-semibold whitespace-nowrap tabular-nums">{latest}</p>
      </div>
      <p className="mb-5 text-sm text-muted">
        {note} Maximum: {most}.
      </p>
      <LineChart
        samples={samples}
        label={`${title} from ${formatClock(begin)} to ${formatClock(end)}; latest: ${latest}, maximum: ${most}.`}
        formatValue={rounded}
        times={[begin, end]}
        begin={formatClock(begin)}
        end={formatClock(end)}
        height="h-28"
        fromZero
      />
    </section>
  );
}

function rounded(value: number): string {
  return formatNumber(Math.round(value * 10) / 10);
}
