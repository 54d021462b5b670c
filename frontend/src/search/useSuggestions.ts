import { keepPreviousData, useQuery } from '@tanstack/react-query';

import { useSurroundings } from '../api/context';
import { user, usersNamed } from '../api/reads';
import { useSettled } from '../ui/useSettled';
import { parseUserId, suggestions, type Suggestion } from './suggestions';

const SETTLED_MS = 150;
const OFFERED = 8;

export interface Suggestions {
  readonly offered: readonly Suggestion[];
  readonly pending: boolean;
  readonly error: unknown;
}

/** Return the players that match a text. */
export function useSuggestions(text: string): Suggestions {
  const around = useSurroundings();
  const wanted = text.trim();
  const prefix = useSettled(wanted, SETTLED_MS);
  const userId = parseUserId(prefix);
  const byName = useQuery({
    ...usersNamed(around, prefix, OFFERED),
    enabled: prefix !== '',
    placeholderData: keepPreviousData,
  });
  const byId = useQuery({ ...user(around, userId ?? 0), enabled: userId !== null, retry: false });
  if (wanted === '') return { offered: [], pending: false, error: null };
  return {
    offered: suggestions(userId === null ? undefined : byId.data, byName.data?.users ?? []),
    pending: prefix !== wanted || byName.isPending || byName.isPlaceholderData || (userId !== null && byId.isLoading),
    error: byName.error,
  };
}
