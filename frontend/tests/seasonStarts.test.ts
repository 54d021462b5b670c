import { describe, expect, it } from 'vitest';

import { formatReading, nextStarts } from '../src/console/seasonStarts';

const NOW = Date.parse('2026-11-29T17:30:00Z');

function readings(cron: string, timeZone: string): string[] | undefined {
  return nextStarts(cron, timeZone, NOW, 3)?.map((start) => new Date(start).toISOString().slice(0, 16));
}

describe('the next starts of seasons', () => {
  // The expected times were computed by cronsim, the library that the server uses.
  it.each([
    ['0 0 1 * *', 'UTC', ['2026-12-01T00:00', '2027-01-01T00:00', '2027-02-01T00:00']],
    ['0 0 1 */3 *', 'UTC', ['2027-01-01T00:00', '2027-04-01T00:00', '2027-07-01T00:00']],
    ['0 18 * * fri', 'America/New_York', ['2026-12-04T18:00', '2026-12-11T18:00', '2026-12-18T18:00']],
    ['0 6 * * 1', 'Asia/Tokyo', ['2026-11-30T06:00', '2026-12-07T06:00', '2026-12-14T06:00']],
    ['30 4 1,15 * 5', 'UTC', ['2026-12-01T04:30', '2026-12-04T04:30', '2026-12-11T04:30']],
    ['15/20 8-10 * JAN-MAR/2 *', 'UTC', ['2027-01-01T08:15', '2027-01-01T08:35', '2027-01-01T08:55']],
    ['0 12 */10 * 7', 'UTC', ['2027-01-31T12:00', '2027-02-21T12:00', '2027-03-21T12:00']],
    ['30 17 * * *', 'UTC', ['2026-11-30T17:30', '2026-12-01T17:30', '2026-12-02T17:30']],
    ['0 0 29 2 *', 'UTC', ['2028-02-29T00:00', '2032-02-29T00:00']],
  ])('%s in %s', (cron, timeZone, expected) => {
    expect(readings(cron, timeZone)).toEqual(expected);
  });

  it.each(['', '0 0 1 *', '0 0 1 * * *', '60 0 1 * *', '0 0 0 * *', '5-1 0 1 * *', '*/0 0 1 * *', '0 0 L * *', '0 0 * * 5#2', '0 0 1, * *', 'a b c d e'])(
    'are unknown for %s',
    (cron) => {
      expect(readings(cron, 'UTC')).toBeUndefined();
    },
  );

  it('are unknown in an unknown time zone', () => {
    expect(readings('0 0 1 * *', 'Mars/Olympus')).toBeUndefined();
  });

  it('are shown with the day of the week', () => {
    expect(formatReading(Date.parse('2026-12-04T18:00:00Z')).replaceAll('\u202f', ' ')).toBe('Fri, Dec 4, 2026, 6:00 PM');
  });
});
