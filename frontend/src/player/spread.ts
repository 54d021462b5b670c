/** Band of scores from `low` to `high`, both included. */
export interface Band {
  readonly low: number;
  readonly high: number;
}

export interface Bar extends Band {
  readonly count: number;
}

const CROWDED = 0.5;
const STEPS = [1, 2, 5];

/** Return whether equal bands would have nearly all players in one of them. */
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

/** Return the index of the band with this score, -1 if there is none. */
export function bandOf(bands: readonly Band[], score: number): number {
  return bands.findIndex((band) => band.low <= score && score <= band.high);
}
