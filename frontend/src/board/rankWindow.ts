/**
 * A list of millions of rows is higher than browsers allow an element to be. So only a window of rows is laid out at
 * a time; it moves along, unnoticed, before the reader reaches one of its ends. Rows count from 0, ranks from 1.
 */
export interface RankWindow {
  /** The row at the window's top. */
  readonly start: number;
  readonly rows: number;
}

export const WINDOW_ROWS = 6_000;
const MARGIN_ROWS = 1_000;

export const PAGE_ROWS = 25;

/** Return the window around a row, within the list. */
export function windowAround(row: number, total: number, size: number = WINDOW_ROWS): RankWindow {
  const rows = Math.min(size, total);
  const start = Math.floor(row) - Math.floor(rows / 2);
  return { start: Math.min(Math.max(0, start), total - rows), rows };
}

/** Return the window as it is now that the list has so many rows. */
export function fitted({ start }: RankWindow, total: number, size: number = WINDOW_ROWS): RankWindow {
  const rows = Math.min(size, total);
  return { start: Math.min(start, total - rows), rows };
}

/** Whether the window should move, now that this row of the list is the first in view. */
export function isNearEdge({ start, rows }: RankWindow, row: number, total: number, margin = MARGIN_ROWS): boolean {
  const nearTop = start > 0 && row - start < margin;
  const nearEnd = start + rows < total && start + rows - row < margin;
  return nearTop || nearEnd;
}

/** Return the pages, counted from 0, that hold the rows from `first` to `last`. */
export function pagesBetween(first: number, last: number, size: number = PAGE_ROWS): number[] {
  if (last < first) return [];
  const from = Math.floor(first / size);
  return Array.from({ length: Math.floor(last / size) - from + 1 }, (_, at) => from + at);
}

export function rankOfPage(page: number, size: number = PAGE_ROWS): number {
  return page * size + 1;
}

/** Return the nearest rank there is, or null if that is no number at all. Signs of thousands are fine. */
export function parseRank(text: string, total: number): number | null {
  const digits = text.replace(/[\s.,'’_\u00a0\u202f#]/g, '');
  if (!/^\d+$/.test(digits) || total < 1) return null;
  return Math.min(Math.max(1, Number(digits)), total);
}
