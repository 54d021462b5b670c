import type { KeyboardEvent } from 'react';

import { useText } from '../i18n/text';
import { useMoments } from '../moments/useMoments';
import { ErrorNotice } from '../ui/Notice';
import { Skeleton } from '../ui/Skeleton';
import { useSlides } from '../ui/useSlides';
import { EntryRow } from './EntryRow';
import { Rail } from './Rail';
import type { Movement } from './movement';
import { usePages } from './usePages';
import type { RankScroll } from './useRankWindow';

export const ROW_HEIGHT = 64;

/** Lists up to this number of rows are shown as a whole. */
const SHORT = 6;

interface Props {
  readonly scroll: RankScroll;
  readonly total: number;
  /** Number of leading ranks that are not in the list. */
  readonly skipped: number;
  readonly moved: ReadonlyMap<number, Movement>;
  readonly rankWidth: number;
  readonly highlightedRank: number | null;
}

/** Virtual list of ranks. Only the rows in view are in the document. */
export function Ranking({ scroll, total, skipped, moved, rankWidth, highlightedRank }: Props) {
  const words = useText();
  const { since } = useMoments();
  const { setScroller, onScroll, items, height, rowOf, isInView, first, last, jumpTo } = scroll;
  const { entryAt, content, error, retry } = usePages(first + skipped, last + skipped);
  const list = useSlides<HTMLDivElement>(content);
  const rows = total - skipped;
  const isShort = rows <= SHORT;

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Home' && event.key !== 'End') return;
    event.preventDefault();
    jumpTo(event.key === 'Home' ? 0 : rows - 1);
  }

  return (
    <div className="relative">
      {/* eslint-disable jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions --
          scrollable content must be focusable by the keyboard */}
      <div
        ref={setScroller}
        role="region"
        aria-label={words.ranksList(skipped + 1)}
        tabIndex={0}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
        style={isShort ? { height } : undefined}
        className={`scrollbar-none overflow-y-auto rounded-b-2xl -outline-offset-2 ${isShort ? '' : 'h-[min(70dvh,40rem)] overscroll-contain max-sm:pr-3'}`}
      >
        {/* eslint-enable */}
        <div ref={list} role="list" className="relative" style={{ height }}>
          {items.map((item) => {
            const position = rowOf(item) + skipped;
            const entry = entryAt(position);
            return (
              <div
                key={position}
                role="listitem"
                aria-setsize={total}
                aria-posinset={position + 1}
                className="absolute inset-x-0 border-b border-line last:border-b-0"
                style={{ height: item.size, transform: `translateY(${item.start}px)` }}
              >
                {entry ? (
                  <div key={entry.user_id} data-slide={entry.user_id}>
                    <EntryRow
                      entry={entry}
                      rankWidth={rankWidth}
                      movement={moved.get(entry.user_id)}
                      since={since}
                      highlighted={position + 1 === highlightedRank}
                      // Tab must skip rows out of view: their focus would scroll the list, and Tab would never leave
                      // it.
                      isTabStop={isInView(item)}
                    />
                  </div>
                ) : (
                  <Loading />
                )}
              </div>
            );
          })}
        </div>
      </div>
      {!isShort && <Rail row={first} rows={rows} skipped={skipped} jumpTo={jumpTo} />}
      {error !== null && (
        <div className="absolute inset-0 rounded-b-2xl bg-surface/95">
          <ErrorNotice error={error} retry={retry} title={words.ranksFailed} />
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
