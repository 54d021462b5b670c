import type { Board, BoardIn } from '../api/types';
import type { BoardDraft } from './boardDraft';
import type { ConsoleMessages } from './i18n/en';

/** Feed in a board's form: the slug of the board to feed, and the name of the number that counts there. */
export interface FeedDraft {
  readonly board: string;
  /** Empty if the score counts there. */
  readonly number: string;
}

type FeedTexts = ConsoleMessages['form']['feeds'];

/** Upper bound of the API for the feeds of a board. */
export const MAX_FEEDS = 4;
const NUMBER_NAME = /^[a-z][a-z0-9_]{0,31}$/;

export function feedDraftsOf({ feeds = [] }: Board): FeedDraft[] {
  return feeds.map(({ board, number }) => ({ board, number: number ?? '' }));
}

export function feedsOf(drafts: readonly FeedDraft[]): NonNullable<BoardIn['feeds']> {
  return drafts.map(({ board, number }) => ({ board, number: number.trim() || null }));
}

/** Return the boards that the board with this slug can feed. */
export function targetsFor(slug: string, boards: readonly Board[]): Board[] {
  return boards.filter(({ board, team, tournament, feeds = [] }) => board !== slug && !team && !tournament && feeds.length === 0);
}

/** Return the boards that feed the board with this slug. */
export function boardsFeeding(slug: string, boards: readonly Board[]): Board[] {
  return boards.filter(({ feeds = [] }) => feeds.some(({ board }) => board === slug));
}

/** Return whether the feed needs the name of a number, because its board cannot count 64-bit scores. */
export function needsNumber({ board: slug }: FeedDraft, { scoreType }: BoardDraft, boards: readonly Board[]): boolean {
  return scoreType === 'int64' && boards.find(({ board }) => board === slug)?.score_type !== 'int64';
}

/** Return the error of a feed, undefined without one. */
export function flawOfFeed(feed: FeedDraft, draft: BoardDraft, boards: readonly Board[], words: FeedTexts): string | undefined {
  const number = feed.number.trim();
  if (number === '') return needsNumber(feed, draft, boards) ? words.numberNeeded : undefined;
  return NUMBER_NAME.test(number) ? undefined : words.numberFlaw;
}

/** Return the first error of the draft's feeds, undefined without one. */
export function flawOfFeeds(draft: BoardDraft, boards: readonly Board[], words: FeedTexts): string | undefined {
  if (draft.feeds.length > 0 && draft.teamSource !== '') return words.teamFlaw;
  return draft.feeds.map((feed) => flawOfFeed(feed, draft, boards, words)).find((flaw) => flaw !== undefined);
}
