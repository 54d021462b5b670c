import type { Client } from '../../api/client';
import { Refused } from '../../api/errors';
import { withQuery } from '../../api/reads';
import type { History, Moderated } from '../../api/types';
import { isFinal, requestOf, type ActName, type ModerationDraft, type Request } from './acts';
import { removalOf, restorationOf } from './runs';

/** Maximum number of submissions that an undo restores. The undo sends one request for each submission. */
const MAX_RESTORED = 200;
/** Reason of the undo, for the audit log. */
const UNDONE = 'the action was undone in the console';
const OPPOSITE: Partial<Record<ActName, ActName>> = {
  'hide-entry': 'unhide-entry',
  'unhide-entry': 'hide-entry',
  'hide-player': 'unhide-player',
  'unhide-player': 'hide-player',
};

/** Result of an action. */
export interface Outcome {
  /** Number of changed entries. */
  readonly changed: number;
  /** Requests that undo the action, in this order. Empty if nothing changed, or if too many submissions stopped counting. */
  readonly undo: readonly Request[];
}

/** Send an action, and return its result with the requests that undo it. */
export async function perform(operator: Client, draft: ModerationDraft): Promise<Outcome> {
  const counting = isFinal(draft.act) ? await countingIds(operator, draft) : [];
  const { method, path, body } = requestOf(draft);
  const { entries } = await operator.change<Moderated>(method, path, body);
  return { changed: entries.length, undo: entries.length > 0 && counting !== null ? undoOf(draft, counting) : [] };
}

export async function undo(operator: Client, requests: readonly Request[]): Promise<void> {
  for (const { method, path, body } of requests) await operator.change(method, path, body);
}

/** Return the requests that undo an action. `ids` are the submissions that no longer count because of the action. */
export function undoOf(draft: ModerationDraft, ids: readonly string[]): Request[] {
  const opposite = OPPOSITE[draft.act];
  if (opposite !== undefined) return [requestOf({ ...draft, act: opposite, reason: UNDONE })];
  // Restore the submissions first, then remove the set score. In the other order, the player would briefly have no
  // entry.
  const restored = ids.map((id) => restorationOf(draft, { id }, UNDONE));
  return draft.submissionId === undefined ? restored : [...restored, removalOf(draft, { id: draft.submissionId }, UNDONE)];
}

/** Return the ids of the player's submissions that count, null if there are too many to restore. */
async function countingIds(operator: Client, { board, userId }: ModerationDraft): Promise<string[] | null> {
  const path = withQuery(`/api/boards/${board}/history/${userId}`, { limit: MAX_RESTORED, periods: 0 });
  try {
    const { points, previous } = await operator.get<History>(path);
    return previous === null ? points.map((point) => point.submission_id) : null;
  } catch (error) {
    if (error instanceof Refused && error.code === 'not_ranked') return [];
    throw error;
  }
}
