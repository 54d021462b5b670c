import type { components } from '../api/schema';
import { parseUserId } from '../search/suggestions';

export type Submission = components['schemas']['SubmissionIn'] & { user_id: number };

/** Content of the form, as texts. */
export interface Draft {
  readonly userId: string;
  readonly score: string;
  /** Empty if the board has no subscore, or none is sent. */
  readonly subscore: string;
  readonly submissionId: string;
  readonly metadata: string;
}

export type Flaws = Partial<Record<keyof Draft, string>>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Return the submission in the form, or its errors by field. */
export function submissionOf(draft: Draft): { submission: Submission } | { flaws: Flaws } {
  const flaws: Flaws = {};
  const userId = parseUserId(draft.userId);
  const score = parseScore(draft.score);
  const subscore = draft.subscore.trim() === '' ? undefined : parseInteger(draft.subscore);
  const metadata = parsedMetadata(draft.metadata);
  if (userId === null) flaws.userId = 'Enter a player’s id.';
  if (score === null) flaws.score = 'Enter a whole number.';
  if (subscore === null) flaws.subscore = 'Enter a whole number, or leave it empty.';
  if (!UUID.test(draft.submissionId)) flaws.submissionId = 'Enter a UUID, or generate one.';
  if (metadata === undefined) flaws.metadata = 'Enter a JSON object, or leave it empty.';
  if (userId === null || score === null || subscore === null || metadata === undefined || Object.keys(flaws).length > 0) return { flaws };
  return {
    submission: {
      user_id: userId,
      score,
      ...(subscore !== undefined && { subscore }),
      submission_id: draft.submissionId,
      ...(metadata && { metadata }),
    },
  };
}

/** Return the score as the API expects it: a number, or the digits of a 64-bit score. Null for other text. */
function parseScore(text: string): number | string | null {
  const digits = text.trim();
  return parseInteger(digits) ?? (/^-?[1-9]\d{15,18}$/.test(digits) ? digits : null);
}

/** Return the integer as the API expects it, without the board's display format. Null for other text. */
function parseInteger(text: string): number | null {
  const value = /^-?\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : null;
}

/** Return the JSON object in the text, null for an empty text, undefined for a text that is no JSON object. */
function parsedMetadata(text: string): Record<string, unknown> | null | undefined {
  if (text.trim() === '') return null;
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === 'object' && found !== null && !Array.isArray(found)
      ? (found as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
