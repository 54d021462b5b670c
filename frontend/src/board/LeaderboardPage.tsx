import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';

import { useSurroundings } from '../api/context';
import { top } from '../api/reads';
import { plural } from '../format/numbers';
import { useCondition } from '../shell/useCondition';
import { usePageTitle } from '../ui/usePageTitle';
import { AllRanks } from './AllRanks';
import { LiveTop, TOP_SHOWN } from './LiveTop';

export function LeaderboardPage() {
  const { rank } = useSearch({ from: '/' });
  const { data } = useQuery(top(useSurroundings(), TOP_SHOWN));
  const condition = useCondition();
  const live = condition === 'fine' || condition === 'degraded';
  usePageTitle('');
  const total = data?.total ?? 0;

  return (
    <div className="space-y-6 sm:space-y-8">
      <div className="flex flex-wrap items-end justify-between gap-2">
        <h1 className="text-3xl font-bold tracking-tight sm:text-4xl">Leaderboard</h1>
        <p className="flex h-6 items-center gap-2 text-sm text-muted">
          {data && (
            <>
              <span aria-hidden="true" className={`size-2 rounded-full ${live ? 'bg-up' : 'bg-edge'}`} />
              {live ? 'Live, ' : 'Not live, '}
              {plural(total, 'player', 'players')}
            </>
          )}
        </p>
      </div>
      <section aria-label="The leaders" className="card overflow-hidden">
        <LiveTop />
      </section>
      {total > 0 && <AllRanks total={total} rank={rank} />}
    </div>
  );
}
