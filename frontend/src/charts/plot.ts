import { scaleLinear, scaleTime } from 'd3-scale';
import { area, curveLinear, curveStepAfter, line } from 'd3-shape';

/** A value at a time in ms since 1970; null where it was not known. */
export interface Sample {
  readonly at: number;
  readonly value: number | null;
}

export interface Shape {
  /** Whether a value stays as it is until the next. */
  readonly steps?: boolean;
  /** Whether to draw from zero, not from the lowest value. */
  readonly fromZero?: boolean;
  /** The first and the last moment to draw; those of the samples if it is not given. */
  readonly times?: readonly [number, number];
}

/** A mark on the upright axis. */
export interface Tick {
  readonly value: number;
  /** Where it is, in percent from the top. */
  readonly top: number;
}

export interface Plot {
  /** SVG paths, `WIDTH` wide and `HEIGHT` high. */
  readonly line: string;
  readonly area: string;
  readonly ticks: readonly Tick[];
}

interface Known {
  readonly at: number;
  readonly value: number;
}

export const WIDTH = 1_000;
export const HEIGHT = 100;
const TICKS = 3;

/** Draw samples in the order of their times, the lowest value at the bottom. */
export function plot(samples: readonly Sample[], { steps = false, fromZero = false, times }: Shape = {}): Plot {
  const known = samples.filter((sample): sample is Known => sample.value !== null);
  const x = scaleTime(times ?? extent(samples.map(({ at }) => at)), [0, WIDTH]);
  const values = known.map(({ value }) => value);
  const y = scaleLinear(extent(fromZero ? [0, ...values] : values), [HEIGHT, 0]).nice(TICKS);
  const curve = steps ? curveStepAfter : curveLinear;
  const place = ({ at }: Sample) => rounded(x(at));
  const height = ({ value }: Sample) => rounded(y(value ?? 0));
  const isKnown = ({ value }: Sample) => value !== null;
  return {
    line: line<Sample>(place, height).defined(isKnown).curve(curve)([...samples]) ?? '',
    area: area<Sample>(place, HEIGHT, height).defined(isKnown).curve(curve)([...samples]) ?? '',
    ticks: known.length > 0 ? y.ticks(TICKS).map((value) => ({ value, top: rounded((y(value) / HEIGHT) * 100) })) : [],
  };
}

/** The least and the greatest; of one value alone, there is room on both sides. */
function extent(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? [low - 1, high + 1] : [low, high];
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
