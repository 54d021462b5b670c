import type { ReactNode } from 'react';

import { useText } from '../i18n/text';
import { BoardPicker } from './BoardPicker';
import { PeriodPicker } from './PeriodPicker';
import { useBoards } from './useBoard';

/** Selection of board and period at the head of a page, beside its title. */
export function BoardHead({ children }: { children: ReactNode }) {
  return (
    <div className="flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
      <div className="min-w-0 flex-1 basis-72">{children}</div>
      <div className="flex flex-wrap gap-x-5 gap-y-2 empty:hidden">
        <BoardPicker />
        <PeriodPicker />
      </div>
    </div>
  );
}

/** Name of the selected board, above the title of a page such as a player's. */
export function BoardName({ name }: { name: string }) {
  const words = useText();
  const boards = useBoards();
  // With several boards, their picker shows the name.
  if (!boards || boards.length > 1) return null;
  return (
    <p className="text-sm text-muted">
      <span className="sr-only">{words.board} </span>
      <span dir="auto">{name}</span>
    </p>
  );
}
