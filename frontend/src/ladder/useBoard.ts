import { useQuery } from '@tanstack/react-query';

import { useSurroundings } from '../api/context';
import { boards } from '../api/reads';
import type { Board } from '../api/types';

/** Return all boards, undefined until they are loaded. */
export function useBoards(): readonly Board[] | undefined {
  return useQuery(boards(useSurroundings())).data?.boards;
}

/** Return the selected board, undefined until it is loaded. */
export function useBoard(): Board | undefined {
  const { board } = useSurroundings().ladder;
  return useBoards()?.find((one) => one.board === board);
}
