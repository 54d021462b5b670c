import { Suspense, type ReactNode } from 'react';

import { useText } from '../i18n/text';
import { lazyPage } from '../lazyPage';
import { BoardPicker } from './BoardPicker';
import { PeriodPicker } from './PeriodPicker';
import { useBoard, useBoards } from './useBoard';

const SegmentPicker = lazyPage(() => import('../segments/SegmentPicker'), 'SegmentPicker');

/** Selection of board, period and segment, beside the title of a page. */
export function BoardHead({ children }: { children: ReactNode }) {
  const isDivided = (useBoard()?.segments.length ?? 0) > 0;
  return (
    <div className="flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
      <div className="min-w-0 flex-1 basis-72">{children}</div>
      <div className="flex flex-wrap gap-x-5 gap-y-2 empty:hidden">
        <BoardPicker />
        <PeriodPicker />
        {isDivided && (
          <Suspense>
            <SegmentPicker />
          </Suspense>
        )}
      </div>
    </div>
  );
}

/** Name of the selected board, above the title of a page such as a player's. */
export function BoardName({ name }: { name: string }) {
  const words = useText();
  const boards = useBoards();
  // With several boards, the picker of boards already shows the name.
  if (!boards || boards.length > 1) return null;
  return (
    <p className="text-sm text-muted">
      <span className="sr-only">{words.board} </span>
      <span dir="auto">{name}</span>
    </p>
  );
}
