import { BOARD } from '../../ladder/search';
import { parseUserId } from '../../search/suggestions';
import type { AuditWanted } from '../reads';

/** Kinds of actions in the audit log. */
export const ACTIONS = [
  'board.change',
  'board.create',
  'board.delete',
  'entry.hide',
  'entry.remove',
  'entry.set',
  'entry.unhide',
  'key.create',
  'key.revoke',
  'key.rotate',
  'person.change_role',
  'person.sign_in',
  'person.sign_out',
  'player.change',
  'player.end_sessions',
  'player.erase',
  'player.hide',
  'player.unhide',
  'signing_key.create',
  'signing_key.retire',
  'submission.remove',
  'submission.restore',
] as const;

/** Filters as texts in their fields. Empty ones do not filter. */
export interface Filters {
  readonly action: (typeof ACTIONS)[number] | '';
  readonly actor: string;
  readonly board: string;
  readonly player: string;
}

export const NO_FILTERS: Filters = { action: '', actor: '', board: '', player: '' };

const ACTOR = /^[a-z]{1,16}(:[!-~]{1,255})?$/;

/** Return the errors of the texts by field. */
export function flawsIn({ actor, board, player }: Filters): Partial<Record<keyof Filters, string>> {
  return {
    ...(actor.trim() && !ACTOR.test(actor.trim()) && { actor: 'Enter an actor such as key:ops.' }),
    ...(board.trim() && !BOARD.test(board.trim()) && { board: 'Enter the slug of a board.' }),
    ...(player.trim() && parseUserId(player) === null && { player: 'Enter an id such as 123.' }),
  };
}

/** Return the parameters of the well-formed filters. */
export function wantedBy(filters: Filters): AuditWanted {
  const { action, actor, board, player } = filters;
  const flaws = flawsIn(filters);
  const userId = parseUserId(player);
  return {
    ...(action && { action }),
    ...(actor.trim() && !flaws.actor && { actor: actor.trim() }),
    ...(board.trim() && !flaws.board && { board: board.trim() }),
    ...(userId !== null && { user_id: userId }),
  };
}
