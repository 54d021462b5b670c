/**
 * Window of rows that are laid out.
 *
 * A list with millions of rows would exceed the maximum height of an element in browsers. The window moves before the
 * reader reaches one of its ends, without a visible jump. Rows count from 0, ranks from 1.
 */
export interface RankWindow {
  /** First row of the window. */
  readonly start: number;
  readonly rows: number;
}

export const WINDOW_ROWS = 6_000;
const MARGIN_ROWS = 1_000;

export const PAGE_ROWS = 25;

/** Return the window around a row, limited to the list. */
export function windowAround(row: number, total: number, size: number = WINDOW_ROWS): RankWindow {
  const rows = Math.min(size, total);
  const start = Math.floor(row) - Math.floor(rows / 2);
  return { start: Math.min(Math.max(0, start), total - rows), rows };
}

/** Return the window limited to a list that now has `total` rows. */
export function fitted({ start }: RankWindow, total: number, size: number = WINDOW_ROWS): RankWindow {
  const rows = Math.min(size, total);
  return { start: Math.min(start, total - rows), rows };
}

/** Return whether the window should move because `row`, the first row in view, is near its edge. */
export function isNearEdge({ start, rows }: RankWindow, row: number, total: number, margin = MARGIN_ROWS): boolean {
  const nearTop = start > 0 && row - start < margin;
  const nearEnd = start + rows < total && start + rows - row < margin;
  return nearTop || nearEnd;
}

/** Return the numbers (from 0) of the pages that contain the rows from `first` to `last`. */
export function pagesBetween(first: number, last: number, size: number = PAGE_ROWS): number[] {
  if (last < first) return [];
  const from = Math.floor(first / size);
  return Array.from({ length: Math.floor(last / size) - from + 1 }, (_, at) => from + at);
}

export function rankOfPage(page: number, size: number = PAGE_ROWS): number {
  return page * size + 1;
}

/**
 * Return the existing rank nearest to the number in a text, null for a text without a number. Thousands separators are
 * allowed.
 */
export function parseRank(text: string, total: number): number | null {
  const digits = text.replace(/[\s.,'’_\u00a0\u202f#]/g, '');
  if (!/^\d+$/.test(digits) || total < 1) return null;
  return Math.min(Math.max(1, Number(digits)), total);
}
