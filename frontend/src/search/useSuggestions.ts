import { keepPreviousData, useQuery } from '@tanstack/react-query';

import { useSurroundings } from '../api/context';
import { user, usersNamed } from '../api/reads';
import { useSettled } from '../ui/useSettled';
import { parseUserId, suggestions, type Suggestion } from './suggestions';

const SETTLED_MS = 150;
const OFFERED = 8;

export interface Suggestions {
  readonly offered: readonly Suggestion[];
  /** True if the text was searched anywhere in names, false if only at their beginning. */
  readonly inside: boolean;
  readonly pending: boolean;
  readonly error: unknown;
}

/** Return the players that match a text. */
export function useSuggestions(text: string): Suggestions {
  const around = useSurroundings();
  const wanted = text.trim();
  const settled = useSettled(wanted, SETTLED_MS);
  const userId = parseUserId(settled);
  const byName = useQuery({
    ...usersNamed(around, settled, OFFERED),
    enabled: settled !== '',
    placeholderData: keepPreviousData,
  });
  const byId = useQuery({ ...user(around, userId ?? 0), enabled: userId !== null, retry: false });
  if (wanted === '') return { offered: [], inside: false, pending: false, error: null };
  return {
    offered: suggestions(userId === null ? undefined : byId.data, byName.data?.users ?? []),
    inside: byName.data?.inside ?? false,
    pending: settled !== wanted || byName.isPending || byName.isPlaceholderData || (userId !== null && byId.isLoading),
    error: byName.error,
  };
}
