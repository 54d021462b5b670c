import { describe, expect, it } from 'vitest';

import { announcement, movements } from '../src/board/movement';
import { entry } from './server';

const before = [entry(1), entry(2), entry(3)];

describe('movements', () => {
  it('are none on the first look, nor where nothing changed', () => {
    expect(movements(null, before).size).toBe(0);
    expect(movements(before, before).size).toBe(0);
    expect(movements(before, before.map((one) => ({ ...one }))).size).toBe(0);
  });

  it('tell who went up, down, and who is new', () => {
    const after = [entry(1, { user_id: 3, score: 9 }), entry(2, { user_id: 1, score: 8 }), entry(3, { user_id: 77 })];
    const moved = movements(
      [entry(1, { score: 8 }), entry(2, { score: 7 }), entry(3, { score: 6 })],
      after,
    );
    expect(moved.get(3)).toEqual({ by: 2, gained: 3 });
    expect(moved.get(1)).toEqual({ by: -1, gained: 0 });
    expect(moved.get(77)).toEqual({ by: null, gained: 0 });
  });

  it('tell of a score that changed no rank', () => {
    expect(movements([entry(1, { score: 5 })], [entry(1, { score: 9 })]).get(1)).toEqual({ by: 0, gained: 4 });
  });

  it('are announced for climbers only', () => {
    const after = [entry(1, { user_id: 2, username: 'Ada' }), entry(2, { user_id: 1 })];
    expect(announcement(after, movements(before, after))).toBe('Ada is now at rank 1.');
    expect(announcement(before, new Map())).toBe('');
  });
});
