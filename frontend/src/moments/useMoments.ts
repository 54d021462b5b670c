import { useSearch } from '@tanstack/react-router';

import { useSurroundings } from '../api/context';
import type { Moments } from '../api/reads';
import { useBoard } from '../ladder/useBoard';
import { parseMoments, type Since } from './search';
import { sinceChoices } from './since';

const NOW: Moments = {};

/** Return the moments that the selected board and period can be compared with, undefined until the board is loaded. */
export function useSinceChoices(): readonly Since[] | undefined {
  const { period } = useSurroundings().ladder;
  const board = useBoard();
  return board && sinceChoices(board, period);
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
