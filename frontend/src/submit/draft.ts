import type { components } from '../api/schema';
import { isRounded, parseObject } from '../format/jsonObjects';
import { formatNumber } from '../format/numbers';
import { parseLongScore } from '../format/scores';
import { parseUserId } from '../search/suggestions';

export type Submission = components['schemas']['SubmissionIn'] & { user_id: number };

/** Content of the form, as texts. */
export interface Draft {
  readonly userId: string;
  readonly score: string;
  /** Empty if the board has no subscore, or none is sent. */
  readonly subscore: string;
  /** Named numbers as JSON, empty for none. */
  readonly numbers: string;
  readonly submissionId: string;
  readonly metadata: string;
}

export type Flaws = Partial<Record<keyof Draft, string>>;

/** Upper bound of the API for the named numbers of a submission. */
const MAX_NUMBERS = 8;
const NUMBER_NAME = /^[a-z][a-z0-9_]{0,31}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Return the submission in the form, or its errors by field. */
export function submissionOf(draft: Draft): { submission: Submission } | { flaws: Flaws } {
  const flaws: Flaws = {};
  const userId = parseUserId(draft.userId);
  const score = parseInteger(draft.score) ?? parseLongScore(draft.score);
  const subscore = draft.subscore.trim() === '' ? undefined : parseInteger(draft.subscore);
  const numbers = namedNumbers(draft.numbers);
  const metadata = parseObject(draft.metadata);
  if (userId === null) flaws.userId = 'Enter a player’s id.';
  if (score === null) flaws.score = 'Enter a whole number of at most 64 bits.';
  if (subscore === null) flaws.subscore = 'Enter a whole number, or leave it empty.';
  if (numbers === undefined) flaws.numbers = `Enter at most ${MAX_NUMBERS} whole numbers as JSON, or leave it empty.`;
  if (!UUID.test(draft.submissionId)) flaws.submissionId = 'Enter a UUID, or generate one.';
  if (metadata === undefined) flaws.metadata = 'Enter a JSON object, or leave it empty.';
  if (isRounded(metadata)) flaws.metadata = `Write integers beyond ±${formatNumber(Number.MAX_SAFE_INTEGER)} as text. The browser would round them.`;
  if (userId === null || score === null || subscore === null || numbers === undefined || metadata === undefined || Object.keys(flaws).length > 0) return { flaws };
  return {
    submission: {
      user_id: userId,
      score,
      ...(subscore !== undefined && { subscore }),
      ...(numbers && { numbers }),
      submission_id: draft.submissionId,
      ...(metadata && { metadata }),
    },
  };
}

/** Return the named numbers in a text, null for an empty text, undefined for a text that is no object of whole numbers. */
function namedNumbers(text: string): Record<string, number> | null | undefined {
  const numbers = parseObject(text);
  if (!numbers) return numbers;
  const members = Object.entries(numbers).filter((member): member is [string, number] => Number.isSafeInteger(member[1]));
  const isValid = members.length === Object.keys(numbers).length && members.length > 0 && members.length <= MAX_NUMBERS;
  return isValid && members.every(([name]) => NUMBER_NAME.test(name)) ? Object.fromEntries(members) : undefined;
}

/** Return the integer as the API expects it, without the board's display format. Null for other text. */
function parseInteger(text: string): number | null {
  const value = /^-?\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : null;
}
