import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';

import { formatNumber } from '../format/numbers';
import { useText } from '../i18n/text';
import { GoToRank } from './GoToRank';
import { ON_PODIUM } from './Podium';
import { ROW_HEIGHT, Ranking } from './Ranking';
import type { Movement } from './movement';
import { useRankWindow } from './useRankWindow';

const ROWS_ABOVE = 3;

interface Props {
  readonly total: number;
  /** Rank in the page's address. The list scrolls to it. */
  readonly rank: number | undefined;
  readonly moved: ReadonlyMap<number, Movement>;
}

/** Return the list's row to show at the top of the view, some rows above this rank. */
function shownAt(rank: number): number {
  return Math.max(0, rank - ON_PODIUM - 1 - ROWS_ABOVE);
}

/** Call `act` after the browser has painted the current update. */
function afterPaint(act: () => void): void {
  requestAnimationFrame(() => setTimeout(act));
}

/** Complete ranking after the podium, with its header. */
export function AllRanks({ total, rank, moved }: Props) {
  const words = useText();
  const navigate = useNavigate({ from: '/' });
  const rows = total - ON_PODIUM;
  const scroll = useRankWindow(rows, ROW_HEIGHT, rank ? shownAt(Math.min(rank, total)) : 0);
  const [asked, setAsked] = useState(rank);

  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    if (rank === undefined) return;
    // Scroll in the next frame, because `useBeginning` first scrolls each new page to its top.
    const frame = requestAnimationFrame(() => {
      if (rank > ON_PODIUM) section.current?.scrollIntoView();
      else window.scrollTo(0, 0);
    });
    return () => cancelAnimationFrame(frame);
  }, [rank]);

  if (asked !== rank) {
    setAsked(rank);
    scroll.showNext(rank ? shownAt(Math.min(rank, total)) : 0);
  }

  function go(wanted: number): void {
    setAsked(wanted);
    scroll.jumpTo(shownAt(wanted));
    // Show the rank before the address changes: the change makes the router render the whole page.
    afterPaint(() => void navigate({ search: { rank: wanted }, replace: true, resetScroll: false }));
  }

  return (
    <section ref={section} aria-labelledby="all-ranks" className="card scroll-mt-18 sm:scroll-mt-20">
      <header className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3 border-b border-line px-3 py-3 sm:px-6">
        <div>
          <h2 id="all-ranks" className="text-lg font-semibold tracking-tight">
            {words.allRanks}
          </h2>
          <p className="text-sm text-muted tabular-nums">
            {words.ranksShown(scroll.first + 1 + ON_PODIUM, scroll.last + 1 + ON_PODIUM, total)}
          </p>
        </div>
        <GoToRank total={total} go={go} />
      </header>
      <Ranking
        scroll={scroll}
        total={total}
        skipped={ON_PODIUM}
        moved={moved}
        rankWidth={formatNumber(total).length}
        highlightedRank={asked ? Math.min(asked, total) : null}
      />
    </section>
  );
}
