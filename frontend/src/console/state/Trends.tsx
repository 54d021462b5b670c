import { useId } from 'react';

import type { Shards } from '../../api/types';
import { LineChart } from '../../charts/LineChart';
import { formatBytes, formatNumber, formatShare } from '../../format/numbers';
import { formatClock, formatSeconds } from '../../format/times';
import { KEPT_MS, entries, hitRatio, lagMs, memoryBytes, trend, type Look } from './looks';

interface Looks {
  readonly looks: readonly Look[];
  readonly latest: Look;
}

/** Charts of the most important figures in the last minutes. */
export function Trends(looks: Looks) {
  return (
    <div className="grid grid-cols-1 gap-6 md:grid-cols-2">
      <Trend {...looks} title="Index lag" note="Age of the oldest watermark." figure={lagMs} format={formatSeconds} />
      <Trend
        {...looks}
        title="Cache hits"
        note="Reads of the first entries since this process started."
        figure={hitRatio}
        format={formatShare}
      />
      <Trend {...looks} title="Memory of the index" note="All nodes together." figure={memoryBytes} format={formatBytes} />
      <Trend {...looks} title="Entries" note="Of all boards and periods." figure={entries} format={formatNumber} />
    </div>
  );
}

interface TrendProps extends Looks {
  readonly title: string;
  readonly note: string;
  readonly figure: (shards: Shards) => number | null;
  readonly format: (value: number) => string;
}

function Trend({ looks, latest, title, note, figure, format }: TrendProps) {
  const id = useId();
  const now = figure(latest.shards);
  const begin = latest.at - KEPT_MS;
  const shown = now === null ? 'unknown' : format(now);
  return (
    <section aria-labelledby={id} className="card px-5 py-5 sm:px-6">
      <div className="flex items-baseline justify-between gap-4">
        <h2 id={id} className="font-semibold tracking-tight">
          {title}
        </h2>
        <p className={`text-xl font-semibold whitespace-nowrap tabular-nums ${now === null ? 'text-muted' : ''}`}>{shown}</p>
      </div>
      <p className="mb-5 text-sm text-muted">{note}</p>
      <LineChart
        samples={trend(looks, figure)}
        label={`${title} in the last minutes; now: ${shown}.`}
        formatValue={format}
        times={[begin, latest.at]}
        begin={formatClock(begin)}
        end={formatClock(latest.at)}
        height="h-24"
        fromZero
      />
    </section>
  );
}
