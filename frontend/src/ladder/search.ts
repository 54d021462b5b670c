/**
 * Board, period and segment in the address. Without a board or period in the address, the deployment's default applies.
 */
export interface LadderSearch {
  readonly board?: string | undefined;
  readonly period?: string | undefined;
  readonly segment?: string | undefined;
}

type Search = Readonly<Record<string, unknown>>;

export const BOARD = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const PERIOD = /^[a-z0-9][a-z0-9_.:-]{0,63}$/i;

const SEGMENT = /^[a-z][a-z0-9_]{0,31}:.{1,64}$/u;

/** Return the well-formed parameters. Drop all others. */
export function parseLadder({ board, period, segment }: Search): LadderSearch {
  return {
    ...(typeof board === 'string' && BOARD.test(board) && { board }),
    // Accept a number, because the router parses the text of a year, such as 2026, as a number.
    ...((typeof period === 'string' || typeof period === 'number') && PERIOD.test(`${period}`) && { period: `${period}` }),
    ...(typeof segment === 'string' && SEGMENT.test(segment) && { segment }),
  };
}

export function parseShownRank(search: Search): { rank?: number } {
  const rank = Number(search.rank);
  return Number.isSafeInteger(rank) && rank > 0 ? { rank } : {};
}
