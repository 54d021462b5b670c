import { useVirtualizer, type VirtualItem } from '@tanstack/react-virtual';
import { useLayoutEffect, useState } from 'react';

import { fitted, isNearEdge, windowAround, type RankWindow } from './rankWindow';

const OVERSCAN = 4;

interface View {
  readonly window: RankWindow;
  /** Row at the top of the view. It has a fraction if the row is partly out of view. */
  readonly row: number;
}

export interface RankScroll {
  readonly setScroller: (element: HTMLDivElement | null) => void;
  readonly height: number;
  readonly items: readonly VirtualItem[];
  /** Return the list's row of an item in the window. */
  readonly rowOf: (item: VirtualItem) => number;
  /** Return whether an item is completely in view. */
  readonly isInView: (item: VirtualItem) => boolean;
  readonly first: number;
  readonly last: number;
  readonly onScroll: () => void;
  /** Show a row at the top of the view. Call it from events only. */
  readonly jumpTo: (row: number) => void;
  /** Show a row at the top of the view from the next commit on. Call it while rendering. */
  readonly showNext: (row: number) => void;
}

/** Scroll through any number of rows of equal height. */
export function useRankWindow(total: number, rowHeight: number, initialRow: number): RankScroll {
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null);
  const [view, setView] = useState<View>(() => viewOf(initialRow, total));
  const { start, rows } = fitted(view.window, total);

  // eslint-disable-next-line react-hooks/incompatible-library -- nothing here is memoized by a compiler
  const virtualizer = useVirtualizer({
    count: rows,
    getScrollElement: () => scroller,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
    useFlushSync: false, // off: React cannot flush within an effect, where `place` dispatches scroll events
  });

  useLayoutEffect(() => {
    if (scroller) place(scroller, view, rowHeight);
  }, [view, rowHeight, scroller]);

  const range = virtualizer.range ?? { startIndex: 0, endIndex: 0 };
  const top = virtualizer.scrollOffset ?? 0;
  const bottom = top + (virtualizer.scrollRect?.height ?? 0);

  return {
    setScroller,
    height: rows * rowHeight,
    items: virtualizer.getVirtualItems(),
    rowOf: (item) => start + item.index,
    isInView: (item) => item.start >= top - 1 && item.end <= bottom + 1,
    first: start + range.startIndex,
    last: Math.min(start + range.endIndex, total - 1),
    onScroll: () => {
      const row = start + (scroller?.scrollTop ?? 0) / rowHeight;
      if (isNearEdge({ start, rows }, row, total)) setView(viewOf(row, total));
    },
    jumpTo: (row) => {
      const next = viewOf(row, total);
      // Scroll before the render: otherwise, the rows at the old position in the new window would be rendered first.
      if (scroller) place(scroller, next, rowHeight);
      setView(next);
    },
    showNext: (row) => setView(viewOf(row, total)),
  };
}

function viewOf(row: number, total: number): View {
  return { window: windowAround(row, total), row };
}

function place(scroller: HTMLDivElement, { window, row }: View, rowHeight: number): void {
  scroller.scrollTop = (row - window.start) * rowHeight;
  // Dispatch the event now: the browser's own event comes only after a frame at the wrong position.
  scroller.dispatchEvent(new Event('scroll'));
}
