import { describe, expect, it } from 'vitest';

import { details, detailsInLine } from '../src/format/metadata';
import { scoreFormat } from '../src/format/scores';

describe('a score', () => {
  it.each([
    [{ unit: null, decimals: 0 }, 1_234_567, '1,234,567', '1.2M', null],
    [{ unit: 'points', decimals: 0 }, -5, '-5', '-5', 'points'],
    [{ unit: 'm', decimals: 2 }, 123_456, '1,234.56', '1.2K', 'm'],
    [{ unit: 'ms', decimals: 0 }, 83_456, '1:23.456', '1:23', null],
    [{ unit: 'ms', decimals: 0 }, 5, '0:00.005', '0:00', null],
    [{ unit: 'ms', decimals: 0 }, 7_505_000, '2:05:05.000', '2:05:05', null],
    [{ unit: 's', decimals: 0 }, 59, '0:59', '0:59', null],
    [{ unit: 's', decimals: 2 }, 5_999, '0:59.99', '1:00', null],
    [{ unit: 's', decimals: 0 }, -61, '−1:01', '−1:01', null],
  ])('on a board with %j: %d is shown as %s', (display, score, full, short, unit) => {
    const format = scoreFormat(display);
    expect(format.full(score)).toBe(full);
    expect(format.short(score)).toBe(short);
    expect(format.unit).toBe(unit);
  });
});

describe('what is written as a score', () => {
  it.each([
    [{ unit: null, decimals: 0 }, '1,234', 1_234],
    [{ unit: null, decimals: 0 }, ' -5 ', -5],
    [{ unit: null, decimals: 0 }, '-0', 0],
    [{ unit: null, decimals: 0 }, '1.5', null],
    [{ unit: null, decimals: 0 }, '1:30', null],
    [{ unit: null, decimals: 0 }, '9007199254740993', null],
    [{ unit: null, decimals: 0 }, '', null],
    [{ unit: 'm', decimals: 2 }, '12', 1_200],
    [{ unit: 'm', decimals: 2 }, '12.3', 1_230],
    [{ unit: 'm', decimals: 2 }, '0.07', 7],
    [{ unit: 'm', decimals: 2 }, '12.345', null],
    [{ unit: 'ms', decimals: 0 }, '83456', 83_456],
    [{ unit: 'ms', decimals: 0 }, '1:23.4', 83_400],
    [{ unit: 'ms', decimals: 0 }, '2:05:05', 7_505_000],
    [{ unit: 'ms', decimals: 0 }, '83.456', null],
    [{ unit: 's', decimals: 0 }, '−1:01', -61],
    [{ unit: 's', decimals: 0 }, '1:01.5', null],
    [{ unit: 's', decimals: 1 }, '61.5', 615],
    [{ unit: 's', decimals: 2 }, '-0:59.10', -5_910],
    [{ unit: 's', decimals: 2 }, '90:00', 540_000],
    [{ unit: 's', decimals: 2 }, '1:60.00', null],
    [{ unit: 's', decimals: 2 }, '0:72.48', null],
    [{ unit: 's', decimals: 2 }, '1:60:00', null],
    [{ unit: 's', decimals: 2 }, '1:5.00', null],
  ])('on a board with %j: %j is %j', (display, text, score) => {
    expect(scoreFormat(display).parse(text)).toBe(score);
  });

  it.each([
    [{ unit: null, decimals: 0 }, 1_234_567],
    [{ unit: 'm', decimals: 3 }, -1_000_001],
    [{ unit: 'ms', decimals: 0 }, 7_505_123],
    [{ unit: 's', decimals: 2 }, 5_999],
  ])('may be what the board with %j shows of %d', (display, score) => {
    const { full, parse } = scoreFormat(display);
    expect(parse(full(score))).toBe(score);
  });
});

describe('what a game noted', () => {
  it('is put in words', () => {
    const noted = { level: 12, car: 'Falcon', best_lap: 1.5, ghost: false, splits: [1, 2] };
    expect(detailsInLine(noted)).toBe('level 12, car Falcon, best lap 1.5, ghost no, splits 1 2');
  });

  it('may be nothing', () => {
    expect(details(null)).toEqual([]);
    expect(detailsInLine({})).toBe('');
  });
});
