import { useLocation } from '@tanstack/react-router';

/** Return the invitation in the address, null without one. */
export function useInvitation(): string | null {
  return useLocation({ select: ({ searchStr }) => new URLSearchParams(searchStr).get('challenge') });
}
