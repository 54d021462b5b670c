import { useQuery } from '@tanstack/react-query';

import { useSurroundings } from '../api/context';
import { boards } from '../api/reads';
import type { Board } from '../api/types';
import { text } from '../i18n/text';

/** Name that the service gives to its first board. */
const UNNAMED = 'Default';

/** Return all boards, undefined until they are loaded. */
export function useBoards(): readonly Board[] | undefined {
  return useQuery(boards(useSurroundings())).data?.boards;
}

/** Return the selected board, undefined until it is loaded. */
export function useBoard(): Board | undefined {
  const { board } = useSurroundings().ladder;
  return useBoards()?.find((candidate) => candidate.board === board);
}

/** Return a board's display name. While the first board has its initial name, "Default", return a general title. */
export function boardName({ board, name }: Pick<Board, 'board' | 'name'>): string {
  return board === 'default' && name === UNNAMED ? text().leaderboard : name;
}

/** Return the selected board's display name, its slug until the boards are loaded. */
export function useBoardName(): string {
  const { board: slug } = useSurroundings().ladder;
  const board = useBoard();
  return board ? boardName(board) : slug;
}
