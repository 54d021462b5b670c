type Rgb = readonly [number, number, number];

/** Minimum contrast ratio of text, by WCAG 2.2 AA. */
const CONTRAST = 4.5;
const STEPS = 20;
const LIGHT: Rgb = [0xf1, 0xee, 0xe8];
const DARK: Rgb = [0x3a, 0x24, 0x17];
const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];

/** Colours of links and buttons in both colour schemes, made from one colour. */
export interface Accent {
  readonly light: string;
  readonly dark: string;
  readonly onLight: string;
  readonly onDark: string;
}

/** Return readable colours: darker on a light page and lighter on a dark one, as far as the contrast needs. */
export function accentFrom(colour: string): Accent {
  const rgb = parsed(colour);
  const [light, dark] = [readable(rgb, LIGHT, BLACK), readable(rgb, DARK, WHITE)];
  return { light: hex(light), dark: hex(dark), onLight: hex(onColour(light)), onDark: hex(onColour(dark)) };
}

/** Apply the configured colour to the page. */
export function applyAccent(colour: string): void {
  const { light, dark, onLight, onDark } = accentFrom(colour);
  const { style } = document.documentElement;
  style.setProperty('--color-accent', `light-dark(${light}, ${dark})`);
  style.setProperty('--color-on-accent', `light-dark(${onLight}, ${onDark})`);
}

export function contrast(first: string, second: string): number {
  return ratio(parsed(first), parsed(second));
}

function readable(rgb: Rgb, ground: Rgb, toward: Rgb): Rgb {
  for (let step = 0; step <= STEPS; step += 1) {
    const mixed = mix(rgb, toward, step / STEPS);
    if (ratio(mixed, ground) >= CONTRAST) return mixed;
  }
  return toward;
}

function onColour(rgb: Rgb): Rgb {
  return ratio(rgb, WHITE) >= ratio(rgb, BLACK) ? WHITE : BLACK;
}

function mix(rgb: Rgb, toward: Rgb, part: number): Rgb {
  const channel = (at: 0 | 1 | 2) => Math.round(rgb[at] + (toward[at] - rgb[at]) * part);
  return [channel(0), channel(1), channel(2)];
}

function ratio(first: Rgb, second: Rgb): number {
  const [low, high] = [luminance(first), luminance(second)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function luminance([r, g, b]: Rgb): number {
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

function linear(channel: number): number {
  const part = channel / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}

function parsed(colour: string): Rgb {
  const channel = (at: number) => Number.parseInt(colour.slice(at, at + 2), 16);
  return [channel(1), channel(3), channel(5)];
}

function hex(rgb: Rgb): string {
  return `#${rgb.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}
