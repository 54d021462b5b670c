import { scaleLinear, scaleTime } from 'd3-scale';
import { area, curveLinear, curveStepAfter, line } from 'd3-shape';

/** Value at a time in ms since 1970, null if it is unknown. */
export interface Sample {
  readonly at: number;
  readonly value: number | null;
}

export interface Shape {
  /** True if a value holds until the next sample. */
  readonly steps?: boolean;
  /** True to begin the vertical axis at zero instead of the lowest value. If all values are zero, it ends at 1. */
  readonly fromZero?: boolean;
  /** Largest value on the vertical axis, which gets a mark. Default: a round number, at least the largest value. */
  readonly ceiling?: number;
  /** First and last time of the chart. Default: the times of the first and last sample. */
  readonly times?: readonly [number, number];
}

/** Mark on the vertical axis. */
export interface Tick {
  readonly value: number;
  /** Distance from the top, in percent. */
  readonly top: number;
}

export interface Plot {
  /** SVG paths in a box of `WIDTH` by `HEIGHT`. */
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

/** Return the drawing of samples, which are in order of time. Lower values are nearer to the bottom. */
export function plot(samples: readonly Sample[], { steps = false, fromZero = false, ceiling = Infinity, times }: Shape = {}): Plot {
  const known = samples.filter((sample): sample is Known => sample.value !== null);
  const x = scaleTime(times ?? extent(samples.map(({ at }) => at)), [0, WIDTH]);
  const values = known.map(({ value }) => value);
  const isZero = values.every((value) => value === 0);
  const y = scaleLinear(extent(fromZero ? [0, ...(isZero ? [1] : values)] : values), [HEIGHT, 0]).nice(TICKS);
  const [floor = 0, roundTop = 0] = y.domain();
  const isCut = roundTop > ceiling;
  if (isCut) y.domain([floor, ceiling]);
  const marks = y.ticks(TICKS);
  if (isCut && marks.at(-1) !== ceiling) marks.push(ceiling);
  const curve = steps ? curveStepAfter : curveLinear;
  const place = ({ at }: Sample) => rounded(x(at));
  const height = ({ value }: Sample) => rounded(y(value ?? 0));
  const isKnown = ({ value }: Sample) => value !== null;
  return {
    line: line<Sample>(place, height).defined(isKnown).curve(curve)([...samples]) ?? '',
    area: area<Sample>(place, HEIGHT, height).defined(isKnown).curve(curve)([...samples]) ?? '',
    ticks: known.length > 0 ? marks.map((value) => ({ value, top: rounded((y(value) / HEIGHT) * 100) })) : [],
  };
}

/** Return the minimum and maximum. If they are equal, widen them by 1 on both sides. */
function extent(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? [low - 1, high + 1] : [low, high];
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
