import { useSearch } from '@tanstack/react-router';

import { useSurroundings } from '../api/context';
import { plural } from '../format/numbers';
import { BoardPicker } from '../ladder/BoardPicker';
import { PeriodPicker } from '../ladder/PeriodPicker';
import { useScores } from '../ladder/scores';
import { useIsPast } from '../ladder/usePeriods';
import { useBoard, useBoards } from '../ladder/useBoard';
import { useCondition } from '../shell/useCondition';
import { usePageTitle } from '../ui/usePageTitle';
import { AllRanks } from './AllRanks';
import { LiveTop } from './LiveTop';
import { useLiveTop } from './useLiveTop';

const DEFAULT_TITLE = 'Leaderboard';

/** Return the board's name. With a single board, return a general title. */
function useBoardTitle(): string {
  const boards = useBoards();
  const board = useBoard();
  return board && boards && boards.length > 1 ? board.name : DEFAULT_TITLE;
}

export function LeaderboardPage() {
  const { rank } = useSearch({ from: '/' });
  const leaders = useLiveTop();
  const { data } = leaders;
  const condition = useCondition();
  const isPast = useIsPast();
  const live = !isPast && (condition === 'fine' || condition === 'degraded');
  const { board, period } = useSurroundings().ladder;
  const shown = `${board} ${period}`; // a new key: movements between ladders make no sense
  const title = useBoardTitle();
  const { unit } = useScores();
  usePageTitle(title === DEFAULT_TITLE ? '' : title);
  const total = data?.total ?? 0;

  return (
    <div className="space-y-6 sm:space-y-8">
      <div className="flex flex-wrap items-end justify-between gap-2">
        <div className="min-w-0">
          <h1 dir="auto" className="text-3xl font-bold tracking-tight break-words sm:text-4xl">
            {title}
          </h1>
          <p className="mt-1 flex h-6 items-center gap-2 text-sm text-muted">
            {data && (
              <>
                <span aria-hidden="true" className={`size-2 rounded-full ${live ? 'bg-up' : 'bg-edge'}`} />
                {isPast ? 'Over, ' : live ? 'Live, ' : 'Not live, '}
                {plural(total, 'player', 'players')}
                {unit && `, scores in ${unit}`}
              </>
            )}
          </p>
        </div>
        <div className="flex flex-wrap gap-x-5 gap-y-2">
          <BoardPicker />
          <PeriodPicker />
        </div>
      </div>
      <section aria-label="The leaders" className="card overflow-hidden">
        <LiveTop key={shown} leaders={leaders} />
      </section>
      {total > 0 && <AllRanks key={shown} total={total} rank={rank} />}
    </div>
  );
}
