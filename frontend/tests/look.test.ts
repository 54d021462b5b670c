import { describe, expect, it } from 'vitest';

import { accentFrom, contrast } from '../src/shell/accent';
import { colourOf, initials } from '../src/ui/initials';

describe('a configured colour', () => {
  it.each(['#ffee00', '#000000', '#ffffff', '#1a73e8', '#7a0050'])('%s becomes readable on light and dark pages', (colour) => {
    const { light, dark, onLight, onDark } = accentFrom(colour);
    expect(contrast(light, '#ffffff')).toBeGreaterThanOrEqual(4.5);
    expect(contrast(dark, '#1c1917')).toBeGreaterThanOrEqual(4.5);
    expect(contrast(light, onLight)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(dark, onDark)).toBeGreaterThanOrEqual(4.5);
  });

  it('stays as it is if it is readable', () => {
    expect(accentFrom('#7a0050').light).toBe('#7a0050');
  });
});

describe('initials', () => {
  it.each([
    ['AmberBadger', 'AB'],
    ['FearlessHydra1', 'FH'],
    ['amber_badger', 'AB'],
    ['ada', 'A'],
    ['Player 42', 'P'],
    ['عبد الرحمن', 'ع'],
    ['山田太郎', '山'],
    ['Ärger über', 'ÄÜ'],
    ['42', '4'],
    ['???', '?'],
  ])('of %s are %s', (name, text) => {
    expect(initials(name)).toBe(text);
  });
});

it('a player has one colour, whatever the sign of the id', () => {
  expect(colourOf(-5)).toMatch(/^light-dark\(hsl\(\d+ /);
  expect(colourOf(7)).toBe(colourOf(7));
});
