import { describe, expect, it } from 'vitest';

import { fitted, isNearEdge, pagesBetween, parseRank, rankOfPage, windowAround } from '../src/board/rankWindow';

const MILLION = 1_000_000;
const FIREFOX_HIGHEST_PX = 17_800_000;

describe('the window', () => {
  it('is the whole list where that is short', () => {
    expect(windowAround(5, 40)).toEqual({ start: 0, rows: 40 });
    expect(windowAround(0, 0)).toEqual({ start: 0, rows: 0 });
  });

  it.each([0, 1, 499_999, 999_998, 999_999])('holds row %d of a million, and nothing that is not there', (row) => {
    const { start, rows } = windowAround(row, MILLION);
    expect(start).toBeGreaterThanOrEqual(0);
    expect(start + rows).toBeLessThanOrEqual(MILLION);
    expect(row).toBeGreaterThanOrEqual(start);
    expect(row).toBeLessThan(start + rows);
  });

  it('is low enough for every browser', () => {
    expect(windowAround(0, MILLION).rows * 64).toBeLessThan(FIREFOX_HIGHEST_PX);
  });

  it('moves before an end is reached, but not at the ends of the list', () => {
    const window = windowAround(500_000, MILLION);
    expect(isNearEdge(window, 500_000, MILLION)).toBe(false);
    expect(isNearEdge(window, window.start + 10, MILLION)).toBe(true);
    expect(isNearEdge(window, window.start + window.rows - 10, MILLION)).toBe(true);
    expect(isNearEdge(windowAround(0, MILLION), 0, MILLION)).toBe(false);
    expect(isNearEdge(windowAround(MILLION, MILLION), MILLION - 1, MILLION)).toBe(false);
  });

  it('is not near an edge any more once it has moved', () => {
    for (let row = 0; row < MILLION; row += 777) {
      expect(isNearEdge(windowAround(row, MILLION), row, MILLION)).toBe(false);
    }
  });

  it('follows a list that grows and shrinks', () => {
    expect(fitted({ start: 0, rows: 10 }, 12)).toEqual({ start: 0, rows: 12 });
    expect(fitted(windowAround(MILLION, MILLION), MILLION - 5).start).toBe(MILLION - 5 - 6_000);
  });
});

describe('pages', () => {
  it('are those that the rows in view lie on', () => {
    expect(pagesBetween(0, 9)).toEqual([0]);
    expect(pagesBetween(20, 25)).toEqual([0, 1]);
    expect(pagesBetween(24, 24)).toEqual([0]);
    expect(pagesBetween(3, -1)).toEqual([]);
  });

  it('neither overlap nor leave a rank out', () => {
    expect([0, 1, 2].map((page) => rankOfPage(page))).toEqual([1, 26, 51]);
  });
});

describe('a rank that was typed', () => {
  it.each([
    ['7', 7],
    [' 1,234 ', 1_234],
    ['1.234', 1_234],
    ['12 345', 12_345],
    ['#8', 8],
    ['0', 1],
    ['99999999999', MILLION],
  ])('%j means %d', (text, rank) => {
    expect(parseRank(text, MILLION)).toBe(rank);
  });

  it.each(['', 'first', '-3', '1e3'])('%j means nothing', (text) => {
    expect(parseRank(text, MILLION)).toBeNull();
  });

  it('means nothing on an empty board', () => {
    expect(parseRank('1', 0)).toBeNull();
  });
});
