import type { Shards } from '../../api/types';
import { ChartCard } from '../../charts/ChartCard';
import { formatBytes, formatNumber, formatShare } from '../../format/numbers';
import { formatSeconds } from '../../format/times';
import { useConsoleText } from '../i18n/text';
import { KEPT_MS, entries, hitRatio, lagMs, memoryBytes, trend, type Look } from './looks';

interface Looks {
  readonly looks: readonly Look[];
  readonly latest: Look;
}

/** Charts of the most important figures in the last minutes. */
export function Trends(looks: Looks) {
  const { state } = useConsoleText();
  return (
    <div className="grid grid-cols-1 gap-6 md:grid-cols-2">
      <Trend {...looks} title={state.lag} note={state.lagNote} figure={lagMs} format={formatSeconds} />
      <Trend
        {...looks}
        title={state.cacheHits}
        note={state.cacheNote}
        figure={hitRatio}
        format={formatShare}
      />
      <Trend {...looks} title={state.indexMemory} note={state.memoryNote} figure={memoryBytes} format={formatBytes} />
      <Trend {...looks} title={state.entries} note={state.entriesNote} figure={entries} format={formatNumber} />
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
  const { state } = useConsoleText();
  const now = figure(latest.shards);
  const shown = now === null ? state.unknown : format(now);
  return (
    <ChartCard
      title={title}
      note={note}
      latest={shown}
      isUnknown={now === null}
      label={state.trend(title, shown)}
      samples={trend(looks, figure)}
      formatValue={format}
      times={[latest.at - KEPT_MS, latest.at]}
    />
  );
}
