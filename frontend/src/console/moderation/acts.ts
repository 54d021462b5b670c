import type { Board } from '../../api/types';
import { PLAIN, scoreFormat, type Score } from '../../format/scores';

/** Moderation actions. The audit log records each action with its reason. */
export type ActName = 'hide-entry' | 'unhide-entry' | 'remove' | 'set' | 'hide-player' | 'unhide-player';

export const ACTS: readonly ActName[] = ['hide-entry', 'unhide-entry', 'remove', 'set', 'hide-player', 'unhide-player'];

/** Return whether the action makes the player's scores so far stop counting. Such an action needs a confirmation. */
export function isFinal(act: ActName): boolean {
  return act === 'remove' || act === 'set';
}

/** Moderation action to send. */
export interface ModerationDraft {
  readonly act: ActName;
  readonly board: string;
  readonly userId: number;
  readonly score?: Score;
  readonly subscore?: Score;
  /** Numbers of the board's tiebreakers. */
  readonly numbers?: Readonly<Record<string, number>>;
  /** Id of the submission that setting a score creates. */
  readonly submissionId?: string;
  readonly reason: string;
}

export interface Request {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
}

/** Return the request for a moderation action. */
export function requestOf({ act, board, userId, score, subscore, numbers, submissionId, reason }: ModerationDraft): Request {
  const entry = `/api/boards/${board}/entries/${userId}`;
  const player = `/api/users/${userId}`;
  switch (act) {
    case 'hide-entry':
      return { method: 'POST', path: `${entry}/hide`, body: { reason } };
    case 'unhide-entry':
      return { method: 'POST', path: `${entry}/unhide`, body: { reason } };
    case 'remove':
      return { method: 'DELETE', path: `${entry}?${new URLSearchParams({ reason })}` };
    case 'set':
      return { method: 'PUT', path: entry, body: { score, ...(subscore !== undefined && { subscore }), ...(numbers && { numbers }), submission_id: submissionId, reason } };
    case 'hide-player':
      return { method: 'POST', path: `${player}/hide`, body: { reason } };
    case 'unhide-player':
      return { method: 'POST', path: `${player}/unhide`, body: { reason } };
  }
}

/** Score to set, as texts in the form. */
export interface ScoreDraft {
  readonly score: string;
  readonly subscore: string;
  /** Numbers of the board's tiebreakers, by name. */
  readonly numbers: Readonly<Record<string, string>>;
}

/** Return the score to set, null if the texts are no score of the board. */
export function scoreToSet(draft: ScoreDraft, board: Board): Pick<ModerationDraft, 'score' | 'subscore' | 'numbers'> | null {
  const score = scoreFormat(board).parse(draft.score);
  const subscore = draft.subscore.trim() === '' ? undefined : scoreFormat(PLAIN).parse(draft.subscore);
  const numbers = numbersToSet(draft, board);
  if (score === null || subscore === null || numbers === null) return null;
  return { score, ...(subscore !== undefined && board.subscore_order !== null && { subscore }), ...(numbers && { numbers }) };
}

/** Return the numbers of the board's tiebreakers, undefined on a board without, null if one is missing or out of its range. */
function numbersToSet({ numbers }: ScoreDraft, { tiebreakers = [] }: Board): Record<string, number> | null | undefined {
  if (tiebreakers.length === 0) return undefined;
  const isValid = tiebreakers.every(({ name, min, max }) => /^-?\d+$/.test(numbers[name]?.trim() ?? '') && Number(numbers[name]) >= min && Number(numbers[name]) <= max);
  return isValid ? Object.fromEntries(tiebreakers.map(({ name }) => [name, Number(numbers[name])])) : null;
}
