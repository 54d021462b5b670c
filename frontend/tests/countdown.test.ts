import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { cityOf, formatEnd, formatInterval, formatLeft } from '../src/format/countdown';
import { setLocale } from '../src/i18n/locale';
import { endInWords } from '../src/ladder/PeriodEnd';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const END = '2026-11-30T05:00:00.000Z'; // midnight in New York

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-28T01:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the time left', () => {
  it.each([
    [2 * DAY + 4 * HOUR + 5 * MINUTE, '2d 4h'],
    [2 * DAY, '2d'],
    [DAY - 1, '1d'],
    [4 * HOUR + 5 * MINUTE, '4h 5m'],
    [59 * MINUTE + 1, '1h'],
    [12 * MINUTE, '12m'],
    [1, '1m'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatLeft(ms)).toBe(text);
  });
});

describe('the end of a period', () => {
  it.each([
    ['America/New_York', 'Sun 24:00'],
    ['UTC', 'Mon 05:00'],
    ['Asia/Tokyo', 'Mon 14:00'],
  ])('in %s is %s', (zone, text) => {
    expect(formatEnd(END, zone)).toBe(text);
  });

  it('has a date if it is far', () => {
    expect(formatEnd('2026-12-31T05:00:00.000Z', 'America/New_York')).toBe('Wed, Dec 30 24:00');
  });

  it('is the last minute of the day before a change of clocks too', () => {
    expect(formatEnd('2026-03-08T05:00:00.000Z', 'America/New_York')).toContain('24:00');
    expect(formatEnd('2026-03-09T04:00:00.000Z', 'America/New_York')).toContain('24:00');
  });

  it('names the zone of the board, and the clock of a reader elsewhere', () => {
    const now = Date.now();
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    expect(endInWords(END, own, now)).toBe(`Ends in 2d 4h (${formatEnd(END, own)} ${cityOf(own)})`);
    expect(endInWords(END, 'Asia/Tokyo', now)).toBe(`Ends in 2d 4h (${formatEnd(END)} your time, Mon 14:00 Tokyo)`);
    expect(endInWords(END, 'UTC', Date.parse(END))).toMatch(/^Ended /);
  });

  it('is told in the page’s language', () => {
    setLocale('de');
    expect(formatEnd(END, 'America/New_York')).toBe('So 24:00');
  });
});

it.each([
  [30_000, '30 seconds'],
  [MINUTE, '1 minute'],
  [90_000, '90 seconds'],
  [DAY, '1 day'],
])('an interval of %d ms is %s', (ms, text) => {
  expect(formatInterval(ms)).toBe(text);
});
