import { describe, expect, it } from 'vitest';

import { MAX_FRIENDS, parseFriends, readFriends, withFriends, withoutFriend } from '../src/friends/friendsList';

const ada = { id: 1, name: 'Ada' };
const bob = { id: 2, name: 'Bob' };

describe('what was pasted', () => {
  it('may be ids and names in any mixture', () => {
    expect(parseFriends('12, Ada Lovelace;#7\n-3\n"Bob"\r\nعلي')).toEqual({
      ids: [12, 7, -3],
      names: ['Ada Lovelace', 'Bob', 'علي'],
    });
  });

  it('counts once, names without regard to case', () => {
    expect(parseFriends('5 \n 5, #5, ada, ADA')).toEqual({ ids: [5], names: ['ADA'] });
  });

  it('may be nothing', () => {
    expect(parseFriends(' \n,;')).toEqual({ ids: [], names: [] });
  });

  it('is no name where it is longer than any name', () => {
    expect(parseFriends('x'.repeat(65)).names).toEqual([]);
  });
});

describe('the list', () => {
  it('holds everybody once', () => {
    expect(withFriends([ada], [bob, ada, bob])).toEqual([ada, bob]);
    expect(withoutFriend([ada, bob], 1)).toEqual([bob]);
  });

  it('is never longer than the API takes', () => {
    const many = Array.from({ length: 600 }, (_, id) => ({ id, name: '' }));
    expect(withFriends([], many)).toHaveLength(MAX_FRIENDS);
  });

  it.each([null, 'nonsense', '{}', '[1, null, {"id": "1", "name": "x"}, {"id": 1.5, "name": "x"}]'])(
    'is empty where %j was kept',
    (kept) => {
      expect(readFriends(kept)).toEqual([]);
    },
  );

  it('is read as it was kept', () => {
    expect(readFriends(JSON.stringify([ada, bob]))).toEqual([ada, bob]);
  });
});
