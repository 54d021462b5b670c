import { describe, expect, it } from 'vitest';

import { details, detailsInLine } from '../src/format/metadata';
import { scoreFormat } from '../src/format/scores';
import { setLocale } from '../src/i18n/locale';

const LANGUAGES = ['en', 'de', 'de-CH', 'es', 'ja', 'fr', 'sv'];

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

describe('every digit of a score', () => {
  const HIGHEST = Number.MAX_SAFE_INTEGER;
  // Pseudorandom generator of Numerical Recipes with a fixed seed: each run of the test has the same scores.
  let state = 1;
  const random = () => (state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32) / 2 ** 32;
  const scores = [0, 1, -1, 59, 60, 999, 1_000, 3_599_999, 5_999_999, 12_345_678, HIGHEST, -HIGHEST].concat(
    Array.from({ length: 300 }, () => Math.trunc((random() * 2 - 1) * 10 ** (random() * 15.95))),
    Array.from({ length: 300 }, () => Math.trunc((random() * 2 - 1) * HIGHEST)),
  );
  const units = [null, 'points', 'ms', 's'];
  const settings = units.flatMap((unit) => Array.from({ length: 10 }, (_, decimals) => ({ unit, decimals })));

  it.each(settings.flatMap((setting) => LANGUAGES.map((tag) => [setting, tag] as const)))('is shown with %j in %s', (setting, tag) => {
    setLocale(tag);
    const { full, parse } = scoreFormat(setting);
    expect(scores.filter((score) => parse(full(score)) !== score)).toEqual([]);
  });

  it.each([
    [{ unit: 'ms', decimals: 2 }, 12_345_678, '2:03.45678'],
    [{ unit: 'ms', decimals: 2 }, 5_999_999, '0:59.99999'],
    [{ unit: null, decimals: 2 }, HIGHEST, '90,071,992,547,409.91'],
    [{ unit: null, decimals: 2 }, -5, '-0.05'],
    [{ unit: 's', decimals: 5 }, 6_000_001, '1:00.00001'],
    [{ unit: 'ms', decimals: 0 }, HIGHEST, '2501999792:59:00.991'],
  ])('is shown with %j: %d is %s', (setting, score, text) => {
    expect(scoreFormat(setting).full(score)).toBe(text);
  });
});

it.each([
  [{ unit: 's', decimals: 0 }, 1.5, '0:02'],
  [{ unit: 'ms', decimals: 0 }, 1_000.5, '0:01'],
  [{ unit: 'ms', decimals: 0 }, 10_000_000_000_000_000_000, '2777777777777:46:40'],
])('a mark of a chart with %j at %d is %s', (setting, mark, text) => {
  expect(scoreFormat(setting).short(mark)).toBe(text);
});

describe('a 64-bit score', () => {
  const { full, parse } = scoreFormat({ unit: null, decimals: 0, score_type: 'int64' });

  it.each([
    ['9223372036854775807', '9,223,372,036,854,775,807'],
    ['-9223372036854775807', '-9,223,372,036,854,775,807'],
    ['9007199254740993', '9,007,199,254,740,993'],
    ['-1', '-1'],
    ['0', '0'],
  ])('%s is shown with all digits, and read back', (score, shown) => {
    expect(full(score)).toBe(shown);
    expect(parse(shown)).toBe(score);
  });

  it('keeps its digits with decimals, and as a time', () => {
    expect(scoreFormat({ unit: null, decimals: 2, score_type: 'int64' }).full('9223372036854775807')).toBe('92,233,720,368,547,758.07');
    expect(scoreFormat({ unit: 'ms', decimals: 0, score_type: 'int64' }).full('9223372036854775807')).toBe('2562047788015:12:55.807');
  });

  it('is not read beyond its range', () => {
    expect(parse('9223372036854775808')).toBeNull();
    expect(scoreFormat({ unit: null, decimals: 0 }).parse('9007199254740993')).toBeNull();
  });
});
