import { describe, expect, it } from 'vitest';

import { formatPeriod } from '../src/format/periods';

const at = (day: number) => `2026-11-${String(day).padStart(2, '0')}T00:00:00.000Z`;

describe('a period', () => {
  const bounds = (kind: 'daily' | 'weekly' | 'monthly', from: string, to: string) => ({ period: 'x', kind, starts_at: from, ends_at: to });

  it.each([
    [bounds('daily', at(23), at(24)), 'UTC', 'Nov 23, 2026'],
    [bounds('weekly', at(16), at(23)), 'UTC', /^Nov 16.*22, 2026$/],
    [bounds('monthly', at(1), '2026-12-01T00:00:00.000Z'), 'UTC', 'November 2026'],
    [bounds('daily', '2026-11-23T05:00:00.000Z', '2026-11-24T05:00:00.000Z'), 'America/New_York', 'Nov 23, 2026'],
    [{ period: 'all-time', kind: 'all-time' as const, starts_at: null, ends_at: null }, 'UTC', 'All time'],
  ])('%# is named by its days', (period, zone, name) => {
    expect(formatPeriod(period, zone)).toMatch(name);
  });
});
