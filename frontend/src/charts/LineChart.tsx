import { HEIGHT, WIDTH, plot, type Sample, type Shape } from './plot';

interface Props extends Shape {
  readonly samples: readonly Sample[];
  /** Description of the chart for screen readers. */
  readonly label: string;
  readonly formatValue: (value: number) => string;
  /** Labels of the first moment (`begin`) and of the last moment (`end`). */
  readonly begin: string;
  readonly end: string;
  /** Height of the drawing, as a class. */
  readonly height: string;
}

/** Line chart of values over time. */
export function LineChart({ samples, label, formatValue, begin, end, height, ...shape }: Props) {
  const { line, area, ticks } = plot(samples, shape);
  return (
    <div className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 text-xs text-muted tabular-nums">
      <div aria-hidden="true" className="relative text-right">
        {ticks.map(({ value, top }) => (
          // Invisible copies of all values: they make the column as wide as the longest value.
          <div key={value} className="h-0">
            <span className="invisible">{formatValue(value)}</span>
            <span className="absolute right-0 -translate-y-1/2" style={{ top: `${top}%` }}>
              {formatValue(value)}
            </span>
          </div>
        ))}
      </div>
      <svg
        role="img"
        aria-label={label}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        className={`block w-full overflow-visible border-b border-line ${height}`}
      >
        {ticks.map(({ value, top }) => (
          <line key={value} x2={WIDTH} y1={top} y2={top} vectorEffect="non-scaling-stroke" className="stroke-line" />
        ))}
        <path d={area} className="fill-accent/10" />
        <path d={line} fill="none" strokeWidth="2" vectorEffect="non-scaling-stroke" className="stroke-accent" />
      </svg>
      <div aria-hidden="true" className="col-start-2 mt-1.5 flex justify-between gap-4">
        <span>{begin}</span>
        <span>{end}</span>
      </div>
    </div>
  );
}
