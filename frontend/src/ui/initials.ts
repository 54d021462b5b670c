const HUES = 12;

/** Return the first letters of a name's first two words. `AmberBadger` and `amber_badger` have two words. */
export function initials(name: string): string {
  const words = name.match(/\p{Lu}?[\p{Ll}\p{M}]+|\p{Lo}[\p{Lo}\p{M}]*|\p{Lu}+|\p{N}+/gu) ?? [];
  const [first = '?', second] = words.filter((word, at) => at === 0 || !/\p{N}/u.test(word));
  // In scripts without capital letters, one letter is enough: letters are joined, or stand for whole words.
  const shown = /\p{Lo}/u.test(first) ? [first] : [first, second ?? ''];
  return shown.map((word) => (/./u.exec(word)?.[0] ?? '').toLocaleUpperCase()).join('');
}

/** Return the colour of a player, on which the page's text is readable in both colour schemes. */
export function colourOf(id: number): string {
  const hue = (((id * 7) % HUES) + HUES) % HUES * (360 / HUES);
  return `light-dark(hsl(${hue} 60% 86%), hsl(${hue} 35% 27%))`;
}
