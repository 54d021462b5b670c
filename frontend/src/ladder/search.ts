/** Which board and period the address asks for; what is missing is as the deployment has it. */
export interface LadderSearch {
  readonly board?: string | undefined;
  readonly period?: string | undefined;
}

type Search = Readonly<Record<string, unknown>>;

export const BOARD = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const PERIOD = /^[a-z0-9][a-z0-9_.:-]{0,63}$/i;

/** Return what is well formed; the rest is as if it were not there. */
export function parseLadder({ board, period }: Search): LadderSearch {
  return {
    ...(typeof board === 'string' && BOARD.test(board) && { board }),
    // A year reads as a number.
    ...((typeof period === 'string' || typeof period === 'number') && PERIOD.test(`${period}`) && { period: `${period}` }),
  };
}

export function parseShownRank(search: Search): { rank?: number } {
  const rank = Number(search.rank);
  return Number.isSafeInteger(rank) && rank > 0 ? { rank } : {};
}
