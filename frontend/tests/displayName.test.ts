import { describe, expect, it } from 'vitest';

import { displayName } from '../src/ui/displayName';

describe('displayName', () => {
  it('leaves out the controls of the writing direction', () => {
    expect(displayName('\u202eokapi\u2066\u061c')).toBe('okapi');
  });

  it('is null for a name that shows nothing', () => {
    for (const name of ['\u200b', '\u3164', '\u2800', '\u202e', '\ufe0f', '\u0301', ' ', '\u{e0020}']) {
      expect(displayName(name)).toBeNull();
    }
  });

  it('keeps names of all scripts, and emoji with joiners', () => {
    for (const name of ['okapi', 'علی\u200cرضا', '👨\u200d👩\u200d👧', 'สมชาย', '¯\\_(ツ)_/¯', '❤\ufe0f', '1337']) {
      expect(displayName(name)).toBe(name);
    }
  });
});
