import { useId } from 'react';

import { formatClock } from '../format/times';
import { LineChart } from './LineChart';
import type { Sample } from './plot';

interface Props {
  readonly title: string;
  /** Sentence about the figure. */
  readonly note: string;
  /** Latest value as text. */
  readonly latest: string;
  readonly isUnknown?: boolean;
  /** Description of the chart for screen readers. */
  readonly label: string;
  readonly samples: readonly Sample[];
  readonly formatValue: (value: number) => string;
  /** First and last time of the chart, in ms since 1970. */
  readonly times: readonly [number, number];
  readonly formatTime?: (time: number) => string;
}

/** Card with a figure over time: its title, the latest value and a chart that begins at zero. */
export function ChartCard({ title, note, latest, isUnknown = false, label, samples, formatValue, times, formatTime = formatClock }: Props) {
  const id = useId();
  const [begin, end] = times;
  return (
    <section aria-labelledby={id} className="card px-4 py-5 sm:px-6">
      <div className="flex items-baseline justify-between gap-4">
        <h2 id={id} className="font-semibold tracking-tight">
          {title}
        </h2>
        <p className={`text-xl font-semibold whitespace-nowrap tabular-nums ${isUnknown ? 'text-muted' : ''}`}>{latest}</p>
      </div>
      <p className="mb-5 text-sm text-muted">{note}</p>
      <LineChart
        samples={samples}
        label={label}
        formatValue={formatValue}
        times={times}
        begin={formatTime(begin)}
        end={formatTime(end)}
        height="h-28"
        fromZero
      />
    </section>
  );
}
