/** Choices of `since` in the address: durations, and period kinds, which stand for the start of the current period. */
export const SINCE = ['P1D', 'P7D', 'daily', 'weekly', 'monthly', 'season'] as const;
export type Since = (typeof SINCE)[number];

/** Past moment in the address. Without one, the page shows the present with live changes. */
export interface MomentSearch {
  /** Moment to compare with. */
  readonly since?: Since | undefined;
}

/** Return the well-formed parameters. Drop all others. */
export function parseMoments({ since }: Readonly<Record<string, unknown>>): MomentSearch {
  const choice = SINCE.find((name) => name === since);
  return choice === undefined ? {} : { since: choice };
}
