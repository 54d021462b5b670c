/** Choices of `since` in the address: durations, and period kinds, which stand for the start of the current period. */
export const SINCE = ['P1D', 'P7D', 'daily', 'weekly', 'monthly', 'season'] as const;
export type Since = (typeof SINCE)[number];

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z$/;

/** Past moments in the address. Without them, the page shows the present with live changes. */
export interface MomentSearch {
  /** Moment to compare with. */
  readonly since?: Since | undefined;
  /** Moment to show, in UTC. */
  readonly at?: string | undefined;
}

/** Return the well-formed parameters. Drop all others. */
export function parseMoments({ since, at }: Readonly<Record<string, unknown>>): MomentSearch {
  const choice = SINCE.find((name) => name === since);
  const isTime = typeof at === 'string' && TIME.test(at) && Number.isFinite(Date.parse(at));
  return { ...(choice !== undefined && { since: choice }), ...(isTime && { at }) };
}
