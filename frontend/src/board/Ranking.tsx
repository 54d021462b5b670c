import type { KeyboardEvent } from 'react';

import { ErrorNotice } from '../ui/Notice';
import { Skeleton } from '../ui/Skeleton';
import { EntryRow } from './EntryRow';
import { Rail } from './Rail';
import { usePages } from './usePages';
import type { RankScroll } from './useRankWindow';

export const ROW_HEIGHT = 64;

interface Props {
  readonly scroll: RankScroll;
  readonly total: number;
  readonly highlightedRow: number | null;
}

/** Virtual list of all ranks. Only the rows in view are in the document. */
export function Ranking({ scroll, total, highlightedRow }: Props) {
  const { setScroller, onScroll, items, height, rowOf, first, last, jumpTo } = scroll;
  const { entryAt, error, retry } = usePages(first, last);

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Home' && event.key !== 'End') return;
    event.preventDefault();
    jumpTo(event.key === 'Home' ? 0 : total - 1);
  }

  return (
    <div className="relative">
      {/* eslint-disable jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions --
          what scrolls must take the keyboard's focus */}
      <div
        ref={setScroller}
        role="region"
        aria-label="Players from the first rank to the last"
        tabIndex={0}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
        className="scrollbar-none h-[min(70dvh,40rem)] overflow-y-auto overscroll-contain rounded-b-2xl pr-4 -outline-offset-2"
      >
        {/* eslint-enable */}
        <div role="list" className="relative" style={{ height: height }}>
          {items.map((item) => {
            const row = rowOf(item);
            const entry = entryAt(row);
            return (
              <div
                key={row}
                role="listitem"
                aria-setsize={total}
                aria-posinset={row + 1}
                className="absolute inset-x-0 border-b border-line"
                style={{ height: item.size, transform: `translateY(${item.start}px)` }}
              >
                {entry ? <EntryRow entry={entry} wide highlighted={row === highlightedRow} /> : <Loading />}
              </div>
            );
          })}
        </div>
      </div>
      <Rail row={first} total={total} jumpTo={jumpTo} />
      {error !== null && (
        <div className="absolute inset-0 rounded-b-2xl bg-surface/95">
          <ErrorNotice error={error} retry={retry} title="These ranks could not be loaded" />
        </div>
      )}
    </div>
  );
}

function Loading() {
  return (
    <div className="flex h-16 items-center gap-5 px-4 sm:px-6">
      <Skeleton className="h-4 w-12" />
      <Skeleton className="h-4 w-40" />
      <Skeleton className="ml-auto h-4 w-16" />
    </div>
  );
}
