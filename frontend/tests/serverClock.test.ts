import { afterEach, describe, expect, it, vi } from 'vitest';

import { serverAhead } from '../src/api/serverClock';

const START = Date.parse('2026-11-29T12:00:00Z');

afterEach(() => vi.useRealTimers());

describe('the clock of the server', () => {
  it('keeps its difference while an answer is unchanged', () => {
    vi.useFakeTimers({ now: START });
    const answer = { now: new Date(START + 7_000).toISOString() };
    expect(serverAhead(answer)).toBe(7_000);
    vi.setSystemTime(START + 60_000);
    expect(serverAhead(answer)).toBe(7_000);
    expect(serverAhead({ now: new Date(START + 61_000).toISOString() })).toBe(1_000);
  });
});
