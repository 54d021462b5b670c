import type { BoardActivity } from '../../api/types';
import { ChartCard } from '../../charts/ChartCard';
import type { Sample } from '../../charts/plot';
import { formatNumber } from '../../format/numbers';
import { formatMoment } from '../../format/times';
import { useConsoleText } from '../i18n/text';

const MINUTE_S = 60;
const MINUTE_MS = 60_000;

/** Charts of the submissions per minute, and of the active players. */
export function ActivityCharts({ activity: { points, step_s: stepS, until } }: { activity: BoardActivity }) {
  const words = useConsoleText();
  const end = Date.parse(until);
  /** Return the length of the interval that begins at a time, in minutes. The last interval may be incomplete. */
  const minutesSince = (at: number) => Math.min(stepS / MINUTE_S, Math.max(1, (end - at) / MINUTE_MS));
  const perMinute = points.map(({ at, submissions }) => ({ at: Date.parse(at), value: submissions / minutesSince(Date.parse(at)) }));
  const players = points.map(({ at, players: active }) => ({ at: Date.parse(at), value: active }));
  return (
    <div className="grid grid-cols-1 gap-6 md:grid-cols-2">
      <Chart title={words.activity.perMinute} note={words.activity.perMinuteNote(stepS / MINUTE_S)} samples={perMinute} end={end} />
      <Chart title={words.activity.activePlayers} note={words.activity.activePlayersNote(stepS / MINUTE_S)} samples={players} end={end} />
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
  const words = useConsoleText();
  const begin = samples[0]?.at ?? end;
  const latest = rounded(samples.at(-1)?.value ?? 0);
  const most = rounded(Math.max(0, ...samples.map(({ value }) => value ?? 0)));
  return (
    <ChartCard
      title={title}
      note={`${note} ${words.activity.maximum(most)}`}
      latest={latest}
      label={words.activity.chart(title, formatMoment(begin), formatMoment(end), latest, most)}
      samples={samples}
      formatValue={rounded}
      times={[begin, end]}
      formatTime={formatMoment}
    />
  );
}

function rounded(value: number): string {
  return formatNumber(Math.round(value * 10) / 10);
}
