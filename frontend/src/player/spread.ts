import type { Score } from '../format/scores';

/** Band of scores from `low` to `high`, both included. */
export interface Band {
  readonly low: number;
  readonly high: number;
}

/** Number of players with a score from `low` to `high`. The bounds are texts on boards with 64-bit scores. */
export interface Bar {
  readonly low: Score;
  readonly high: Score;
  readonly count: number;
}

const CROWDED = 0.5;
const STEPS = [1, 2, 5];
/** Maximum number of bands of equal width between the tails. */
const EQUAL_BANDS = 24;
/**
 * Lowest part of the range between the tails, as a share of this range. The scores are skewed if the median is in this
 * part.
 */
const SKEWED = 0.08;

/** Return whether one of the equal bands has more than half of the players. */
export function isCrowded(bars: readonly Bar[]): boolean {
  const total = bars.reduce((sum, bar) => sum + bar.count, 0);
  return bars.length > 4 && Math.max(...bars.map((bar) => bar.count)) > CROWDED * total;
}

/**
 * Return bands from the lowest score to the highest, with bounds 1, 2, 5, 10, 20, 50 and so on. `low` must not be
 * negative.
 */
export function wideningBands(low: number, high: number): Band[] {
  const edges = [low];
  for (let power = 1; power <= high; power *= 10) {
    for (const step of STEPS) {
      const edge = step * power;
      if (edge > low && edge <= high) edges.push(edge);
    }
  }
  return edges.map((edge, at) => ({ low: edge, high: (edges[at + 1] ?? high + 1) - 1 }));
}

/**
 * Return equal bands from `low` to `high`, with round bounds, and one band for each tail. Without tails, few extreme
 * scores would make the bands so wide that one band has nearly all players.
 */
export function bandsWithTails(min: number, low: number, high: number, max: number): Band[] {
  const width = roundWidth((high - low) / EQUAL_BANDS);
  const edges = [low];
  for (let edge = (Math.floor(low / width) + 1) * width; edge <= high; edge += width) edges.push(edge);
  const bands = edges.map((edge, at) => ({ low: edge, high: (edges[at + 1] ?? high + 1) - 1 }));
  return [...(min < low ? [{ low: min, high: low - 1 }] : []), ...bands, ...(max > high ? [{ low: high + 1, high: max }] : [])];
}

/**
 * Return whether half of the players are in a small part of the range, near its lower end. Widening bands then show
 * these players better.
 */
export function isSkewed(low: number, median: number, high: number): boolean {
  return high > low && (median - low) / (high - low) < SKEWED;
}

/** Return the least of 1, 2, 5, 10, 20, 50 and so on that is not below `width`. */
function roundWidth(width: number): number {
  for (let power = 1; ; power *= 10) {
    const step = STEPS.find((factor) => factor * power >= width);
    if (step !== undefined) return step * power;
  }
}

/** Return the index of the bar with this score, -1 if there is none. */
export function bandOf(bars: readonly Pick<Bar, 'low' | 'high'>[], score: Score): number {
  const exact = BigInt(score);
  return bars.findIndex((bar) => BigInt(bar.low) <= exact && exact <= BigInt(bar.high));
}
