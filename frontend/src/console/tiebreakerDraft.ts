import type { Board, BoardIn, Order } from '../api/types';
import type { BoardDraft } from './boardDraft';
import type { ConsoleMessages } from './i18n/en';

/** Tiebreaker in a board's form. Its least and its greatest number stay texts until they are sent. */
export interface TiebreakerDraft {
  readonly name: string;
  readonly order: Order;
  /** Empty for 0. */
  readonly min: string;
  readonly max: string;
}

/** Errors of a tiebreaker's fields. */
export type TiebreakerFlaws = Partial<Record<'name' | 'min' | 'max', string>>;
type TiebreakerTexts = ConsoleMessages['form']['tiebreakers'];

/** Upper bound of the API for the tiebreakers of a board. */
export const MAX_TIEBREAKERS = 3;
export const NO_TIEBREAKER: TiebreakerDraft = { name: '', order: 'asc', min: '0', max: '' };
/** Upper bound of the API for the product of the sizes of the ranges. */
const MAX_COMBINATIONS = 2n ** 53n;
const NAME = /^[a-z][a-z0-9_]{0,31}$/;

export function tiebreakerDraftsOf({ tiebreakers = [] }: Board): TiebreakerDraft[] {
  return tiebreakers.map(({ name, order, min, max }) => ({ name, order, min: String(min), max: String(max) }));
}

export function tiebreakersOf(drafts: readonly TiebreakerDraft[]): NonNullable<BoardIn['tiebreakers']> {
  return drafts.map(({ name, order, min, max }) => ({ name: name.trim(), order, min: Number(min), max: Number(max) }));
}

/** Return the reason why the board can have no tiebreakers, undefined if it can. */
export function tiebreakerObstacle({ policy, subscoreOrder, teamSource }: BoardDraft, words: TiebreakerTexts): string | undefined {
  if (teamSource !== '') return words.teamFlaw;
  if (policy === 'sum') return words.sumFlaw;
  return subscoreOrder === '' ? undefined : words.subscoreFlaw;
}

/** Return the errors of the tiebreaker at this position. */
export function flawsOfTiebreaker(drafts: readonly TiebreakerDraft[], at: number, words: TiebreakerTexts): TiebreakerFlaws {
  const { name = '', min = '', max = '' } = drafts[at] ?? {};
  const isRepeated = drafts.slice(0, at).some((other) => other.name.trim() === name.trim());
  const [least, greatest] = [integerOf(min || '0'), integerOf(max)];
  return {
    ...(!NAME.test(name.trim()) ? { name: words.nameFlaw } : isRepeated && { name: words.repeated }),
    ...(least === null && { min: words.numberFlaw }),
    ...(greatest === null ? { max: words.numberFlaw } : least !== null && greatest < least && { max: words.maxFlaw }),
  };
}

/** Return whether the ranges of the tiebreakers have more combinations of numbers than a sort key can hold. */
export function areTooWide(drafts: readonly TiebreakerDraft[]): boolean {
  const sizes = drafts.map(({ min, max }) => BigInt(integerOf(max) ?? 0) - BigInt(integerOf(min || '0') ?? 0) + 1n);
  return sizes.reduce((product, size) => product * size, 1n) > MAX_COMBINATIONS;
}

/** Return the first error of the draft's tiebreakers, undefined without one. */
export function flawOfTiebreakers(draft: BoardDraft, words: TiebreakerTexts): string | undefined {
  const { tiebreakers } = draft;
  if (tiebreakers.length === 0) return undefined;
  const flaws = tiebreakers.flatMap((_, at) => Object.values(flawsOfTiebreaker(tiebreakers, at, words)));
  return tiebreakerObstacle(draft, words) ?? flaws[0] ?? (areTooWide(tiebreakers) ? words.tooWide : undefined);
}

/** Return the integer in a text, null if the text is no integer that a number holds exactly. */
function integerOf(text: string): number | null {
  const value = /^-?\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : null;
}
