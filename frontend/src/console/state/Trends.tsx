import type { Shards } from '../../api/types';
import { ChartCard } from '../../charts/ChartCard';
import { formatBytes, formatNumber, formatShare } from '../../format/numbers';
import { formatSeconds } from '../../format/times';
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
  const now = figure(latest.shards);
  const shown = now === null ? null : format(now);
  return (
    <ChartCard
      title={title}
      note={note}
      latest={shown}
      label={`${title} in the last minutes; now: ${shown ?? 'unknown'}.`}
      samples={trend(looks, figure)}
      formatValue={format}
      times={[latest.at - KEPT_MS, latest.at]}
    />
  );
}
