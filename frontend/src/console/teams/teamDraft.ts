import type { Joining, Team } from '../../api/types';
import { parseUserId } from '../../search/suggestions';

/** Content of a team's form. Numbers stay texts until they are sent. */
export interface TeamDraft {
  readonly name: string;
  readonly captain: string;
  readonly size: string;
  readonly joining: Joining;
}

const MAX_SIZE = 500;

export const EMPTY_TEAM: TeamDraft = { name: '', captain: '', size: '50', joining: 'server' };

export function teamDraft({ name, captain_id: captainId, max_members: size, joining }: Team): TeamDraft {
  return { name: name ?? '', captain: captainId === null ? '' : String(captainId), size: String(size), joining };
}

/** Return whether a text is a valid maximum number of members. */
export function isSize(text: string): boolean {
  return /^\d+$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= MAX_SIZE;
}

/** Return whether a text is a valid id of a captain, or is empty. */
export function isCaptain(text: string): boolean {
  return text.trim() === '' || parseUserId(text) !== null;
}

/** Return the values in the form that differ from those in `before`. Without `before`, return all values. */
export function teamChanges(draft: TeamDraft, before?: TeamDraft): Record<string, unknown> {
  const captainId = parseUserId(draft.captain);
  return {
    ...(draft.name.trim() !== before?.name && { name: draft.name.trim() }),
    ...(captainId !== null && draft.captain !== before?.captain && { captain_id: captainId }),
    ...(draft.size !== before?.size && { max_members: Number(draft.size) }),
    ...(draft.joining !== before?.joining && { joining: draft.joining }),
  };
}
