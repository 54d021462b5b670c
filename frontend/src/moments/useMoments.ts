import { useSearch } from '@tanstack/react-router';

import { useSurroundings } from '../api/context';
import type { Moments } from '../api/reads';
import { useBoard } from '../ladder/useBoard';
import { useCurrentPeriods } from '../ladder/usePeriods';
import { parseMoments, type Since } from './search';
import { firstMoment, sinceChoices } from './since';

const NOW: Moments = {};

/** Return the moments that the selected board and period can be compared with, undefined until the board is loaded. */
export function useSinceChoices(): readonly Since[] | undefined {
  const { ladder } = useSurroundings();
  const board = useBoard();
  const current = useCurrentPeriods();
  return board && current && sinceChoices(board, ladder, current);
}

/** Return the first moment (ms) of the selected board or segment that can be read, null without one. */
export function useFirstMoment(): number | null {
  const { segment } = useSurroundings().ladder;
  const board = useBoard();
  return board ? firstMoment(board, segment) : null;
}

/**
 * Return the past moments that the page reads, as in the address, if the board has them. The page of a past moment has no
 * movement.
 */
export function useMoments(): Moments {
  const { since, at } = useSearch({ strict: false, select: parseMoments, structuralSharing: true });
  // Until the board is loaded, expect that it has the moment in its link: a second read would delay the entries.
  const choices = useSinceChoices();
  const keepsMoments = useBoard()?.moment_days !== null;
  if (at !== undefined && keepsMoments) return { at };
  return since !== undefined && (choices?.includes(since) ?? true) ? { since } : NOW;
}
