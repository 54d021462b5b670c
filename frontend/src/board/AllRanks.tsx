import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';

import { formatNumber, plural } from '../format/numbers';
import { GoToRank } from './GoToRank';
import { ROW_HEIGHT, Ranking } from './Ranking';
import { useRankWindow } from './useRankWindow';

const ROWS_ABOVE = 3;

function shownAt(rank: number): number {
  return Math.max(0, rank - 1 - ROWS_ABOVE);
}

/** Complete ranking with its header. `rank` is the rank in the address. */
export function AllRanks({ total, rank }: { total: number; rank: number | undefined }) {
  const navigate = useNavigate({ from: '/' });
  const scroll = useRankWindow(total, ROW_HEIGHT, rank ? shownAt(Math.min(rank, total)) : 0);
  const [asked, setAsked] = useState(rank);

  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    if (rank === undefined) return;
    // In the next frame: `useBeginning` first scrolls each new page to its top.
    const frame = requestAnimationFrame(() => section.current?.scrollIntoView());
    return () => cancelAnimationFrame(frame);
  }, [rank]);

  if (asked !== rank) {
    setAsked(rank);
    scroll.jumpTo(rank ? shownAt(Math.min(rank, total)) : 0);
  }

  function go(wanted: number): void {
    setAsked(wanted);
    scroll.jumpTo(shownAt(wanted));
    void navigate({ search: { rank: wanted }, replace: true, resetScroll: false });
  }

  return (
    <section ref={section} aria-labelledby="all-ranks" className="card scroll-mt-22">
      <header className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3 border-b border-line px-4 py-4 sm:px-6">
        <div>
          <h2 id="all-ranks" className="text-lg font-semibold tracking-tight">
            All ranks
          </h2>
          <p className="text-sm text-muted tabular-nums">
            {formatNumber(scroll.first + 1)} to {formatNumber(scroll.last + 1)} of {plural(total, 'player', 'players')}
          </p>
        </div>
        <GoToRank total={total} go={go} />
      </header>
      <Ranking scroll={scroll} total={total} highlightedRow={asked ? Math.min(asked, total) - 1 : null} />
    </section>
  );
}
