import { Numbers } from '../charts/Numbers';
import { formatNumber } from '../format/numbers';
import type { Score } from '../format/scores';
import { useText } from '../i18n/text';
import { useScores } from '../ladder/scores';
import { bandOf, type Bar } from './spread';

interface Props {
  readonly bars: readonly Bar[];
  readonly score: Score;
  readonly name: string;
}

const HEIGHT = 100;
const GAP = 0.18;
const LEAST = 0.8;
const AXIS_LABELS = 5;
/** Number of labels if a label is longer than `MAX_LABEL_LENGTH`. Five such labels would overlap on a phone. */
const LONG_AXIS_LABELS = 2;
const MAX_LABEL_LENGTH = 7;

/** Histogram of scores, with one player's bar marked. */
export function Histogram({ bars, score, name }: Props) {
  const words = useText();
  const scores = useScores();
  const most = Math.max(...bars.map((bar) => bar.count), 1);
  const place = bandOf(bars, score);
  const marked = bars[place];
  const summary = marked
    ? words.among(name, marked.count, scores.full(marked.low), scores.full(marked.high))
    : '';
  return (
    <figure>
      <div className="relative pt-9">
        {marked && <Marker at={(place + 0.5) / bars.length} name={name} />}
        <svg
          role="img"
          aria-label={words.distributionOf(summary)}
          viewBox={`0 0 ${bars.length} ${HEIGHT}`}
          preserveAspectRatio="none"
          className="block h-44 w-full sm:h-56"
        >
          {bars.map((bar, at) => {
            const height = bar.count === 0 ? 0 : Math.max(LEAST, (bar.count / most) * HEIGHT);
            return (
              <rect
                key={bar.low}
                x={at + GAP / 2}
                y={HEIGHT - height}
                width={1 - GAP}
                height={height}
                className={at === place ? 'fill-accent' : 'fill-edge'}
              >
                <title>{words.rangeCount(scores.full(bar.low), scores.full(bar.high), bar.count)}</title>
              </rect>
            );
          })}
        </svg>
      </div>
      <Axis bars={bars} />
      <Numbers
        summary={words.showNumbers}
        columns={[words.score, words.playersFound]}
        rows={bars.map((bar) => [words.range(scores.full(bar.low), scores.full(bar.high)), formatNumber(bar.count)])}
      />
    </figure>
  );
}

function Marker({ at, name }: { at: number; name: string }) {
  const side = at < 0.2 ? 'left-0' : at > 0.8 ? 'right-0' : 'left-1/2 -translate-x-1/2';
  return (
    <div aria-hidden="true" className="absolute inset-y-0" style={{ left: `${at * 100}%` }}>
      <div className="absolute inset-y-0 w-px bg-accent/50" />
      <span
        dir="auto"
        className={`absolute top-0 max-w-40 truncate rounded-lg bg-accent px-2 py-1 text-xs font-medium whitespace-nowrap text-on-accent ${side}`}
      >
        {name}
      </span>
    </div>
  );
}

function Axis({ bars }: { bars: readonly Bar[] }) {
  const { short, full } = useScores();
  const labels = labelled(bars, AXIS_LABELS).map(([, { low }]) => short(low));
  // Show all digits if short forms would be equal, such as 1.1K for both 1,083 and 1,144.
  const isExact = new Set(labels).size < labels.length;
  const isLong = isExact && bars.some(({ low }) => full(low).length > MAX_LABEL_LENGTH);
  return (
    <div aria-hidden="true" className="relative mt-1 h-6 border-t border-line text-xs text-muted tabular-nums">
      {labelled(bars, isLong ? LONG_AXIS_LABELS : AXIS_LABELS).map(([at, { low }]) => (
        <span key={low} className="absolute top-1.5" style={{ left: `${(at / bars.length) * 100}%` }}>
          {(isExact ? full : short)(low)}
        </span>
      ))}
    </div>
  );
}

/** Return at most `count` bars at equal distances, with their indexes. */
function labelled(bars: readonly Bar[], count: number): (readonly [number, Bar])[] {
  const every = Math.max(1, Math.ceil(bars.length / count));
  return bars.map((bar, at) => [at, bar] as const).filter(([at]) => at % every === 0);
}
