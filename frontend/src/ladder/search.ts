/** Board and period in the address. Missing ones have the deployment's defaults. */
export interface LadderSearch {
  readonly board?: string | undefined;
  readonly period?: string | undefined;
}

type Search = Readonly<Record<string, unknown>>;

export const BOARD = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const PERIOD = /^[a-z0-9][a-z0-9_.:-]{0,63}$/i;

/** Return the well-formed parameters. Drop all others. */
export function parseLadder({ board, period }: Search): LadderSearch {
  return {
    ...(typeof board === 'string' && BOARD.test(board) && { board }),
    // The router parses a year, such as 2026, as a number.
    ...((typeof period === 'string' || typeof period === 'number') && PERIOD.test(`${period}`) && { period: `${period}` }),
  };
}

export function parseShownRank(search: Search): { rank?: number } {
  const rank = Number(search.rank);
  return Number.isSafeInteger(rank) && rank > 0 ? { rank } : {};
}
