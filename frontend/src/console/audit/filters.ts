import { BOARD } from '../../ladder/search';
import { parseUserId } from '../../search/suggestions';
import type { AuditWanted } from '../reads';

/** Kinds of actions in the audit log. */
export const ACTIONS = [
  'award.grant',
  'award.revoke',
  'board.change',
  'board.create',
  'board.delete',
  'endpoint.create',
  'endpoint.delete',
  'endpoint.disable',
  'endpoint.enable',
  'endpoint.redrive',
  'endpoint.rotate',
  'endpoint.test',
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
  'scores.import',
  'signing_key.create',
  'signing_key.retire',
  'submission.remove',
  'submission.replace',
  'submission.restore',
] as const;

/** Filters, as the texts in their fields. An empty text does not filter. */
export interface Filters {
  readonly action: (typeof ACTIONS)[number] | '';
  readonly actor: string;
  readonly board: string;
  readonly player: string;
}

export const NO_FILTERS: Filters = { action: '', actor: '', board: '', player: '' };

const ACTOR = /^[a-z]{1,16}(:[!-~]{1,255})?$/;

/** Return the fields whose texts are malformed. */
export function malformed({ actor, board, player }: Filters): ReadonlySet<keyof Filters> {
  return new Set<keyof Filters>([
    ...(actor.trim() && !ACTOR.test(actor.trim()) ? (['actor'] as const) : []),
    ...(board.trim() && !BOARD.test(board.trim()) ? (['board'] as const) : []),
    ...(player.trim() && parseUserId(player) === null ? (['player'] as const) : []),
  ]);
}

/** Return the parameters of the well-formed filters. */
export function wantedBy(filters: Filters): AuditWanted {
  const { action, actor, board, player } = filters;
  const bad = malformed(filters);
  const userId = parseUserId(player);
  return {
    ...(action && { action }),
    ...(actor.trim() && !bad.has('actor') && { actor: actor.trim() }),
    ...(board.trim() && !bad.has('board') && { board: board.trim() }),
    ...(userId !== null && { user_id: userId }),
  };
}
