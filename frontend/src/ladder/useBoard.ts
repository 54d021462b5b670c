import { useQuery } from '@tanstack/react-query';

import { useSurroundings } from '../api/context';
import { boards } from '../api/reads';
import type { Board } from '../api/types';

/** Return the boards there are, once that is known. */
export function useBoards(): readonly Board[] | undefined {
  return useQuery(boards(useSurroundings())).data?.boards;
}

/** Return the board that is looked at, once that is known. */
export function useBoard(): Board | undefined {
  const { board } = useSurroundings().ladder;
  return useBoards()?.find((one) => one.board === board);
}
