import { useSearch } from '@tanstack/react-router';
import { Suspense, useDeferredValue } from 'react';

import { useSurroundings } from '../api/context';
import { formatNumber } from '../format/numbers';
import { useText } from '../i18n/text';
import { BoardHead } from '../ladder/BoardHead';
import { PeriodEnd } from '../ladder/PeriodEnd';
import { Rules } from '../ladder/Rules';
import { useScores } from '../ladder/scores';
import { boardName, useBoard, useBoards } from '../ladder/useBoard';
import { useIsPast } from '../ladder/usePeriods';
import { lazyPage } from '../lazyPage';
import { MyRank } from '../me/MyRank';
import { MomentSelection } from '../moments/MomentSelection';
import { useMoments } from '../moments/useMoments';
import { useCondition } from '../shell/useCondition';
import { usePageTitle } from '../ui/usePageTitle';
import { AllRanks } from './AllRanks';
import { LiveTop } from './LiveTop';
import { ON_PODIUM } from './Podium';
import { useLiveTop } from './useLiveTop';
import { useMovements } from './useMovements';

const TournamentPanel = lazyPage(() => import('../tournament/TournamentPanel'), 'TournamentPanel');

/** Return the board's name. With a single board, return a general title. */
function useBoardTitle(): string {
  const words = useText();
  const boards = useBoards();
  const board = useBoard();
  return board && boards && boards.length > 1 ? boardName(board) : words.leaderboard;
}

export function LeaderboardPage() {
  const words = useText();
  const { rank } = useSearch({ from: '/' });
  const { config, ladder } = useSurroundings();
  const leaders = useLiveTop();
  const moments = useMoments();
  const total = leaders.data?.total ?? 0;
  const shown = `${ladder.board} ${ladder.period} ${ladder.segment} ${moments.at}`; // React key: for another ladder or moment, React makes new lists
  const moved = useMovements(leaders.data?.entries, `${shown} ${moments.since}`);
  const isPresent = moments.at === undefined;
  const title = useBoardTitle();
  const board = useBoard();
  const rankWidth = formatNumber(total).length;
  // Render the list of all ranks after the rest of the page, in the background, so that a click has an effect sooner.
  const listed = useDeferredValue(shown, '');
  usePageTitle(title === words.leaderboard ? '' : title);

  return (
    <div className="space-y-4 sm:space-y-6">
      {config.hero !== null && <img src={config.hero} alt="" className="h-28 w-full rounded-2xl object-cover sm:h-44" />}
      <BoardHead>
        <h1 dir="auto" className="text-3xl font-bold tracking-tight break-words sm:text-4xl">
          {title}
        </h1>
        <State known={leaders.data !== undefined} total={total} isPresent={isPresent} />
        {board && <Rules board={board} />}
        <PeriodEnd />
      </BoardHead>
      <MomentSelection />
      {board?.tournament && isPresent && (
        <Suspense>
          <TournamentPanel key={shown} />
        </Suspense>
      )}
      <section aria-label={words.theLeaders} className="card overflow-hidden">
        <LiveTop key={shown} leaders={leaders} moved={moved} />
      </section>
      {total > 1 && <MyRank rankWidth={rankWidth} />}
      {total > ON_PODIUM && listed === shown && <AllRanks key={shown} total={total} rank={rank} moved={moved} />}
    </div>
  );
}

/** State of the board, such as live, and its number of players. */
function State({ known, total, isPresent }: { known: boolean; total: number; isPresent: boolean }) {
  const words = useText();
  const { unit } = useScores();
  const condition = useCondition();
  const isPast = useIsPast();
  const live = !isPast && isPresent && (condition === 'fine' || condition === 'degraded');
  return (
    <p className="mt-1 flex min-h-6 items-center gap-2 text-sm text-muted">
      {known && (
        <>
          <span aria-hidden="true" className={`size-2 rounded-full ${live ? 'bg-up' : 'bg-edge'}`} />
          {isPast ? words.over : live ? words.live : words.notLive}, {words.players(total)}
          {unit !== null && `, ${words.scoresIn(unit)}`}
        </>
      )}
    </p>
  );
}
