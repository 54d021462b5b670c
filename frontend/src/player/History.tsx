import { useQuery } from '@tanstack/react-query';

import { useSurroundings } from '../api/context';
import { history } from '../api/reads';
import type { History as Told } from '../api/types';
import { HistoryChart } from './HistoryChart';
import { PastPeriods } from './PastPeriods';

/** How a player's score came about, and where the player was when each period ended. */
export function History({ userId }: { userId: number }) {
  const { data } = useQuery(history(useSurroundings(), userId));
  // It adds to the page: without it, the rest is as good.
  if (!data || (data.points.length < 2 && data.periods.length === 0)) return null;
  return <Shown history={data} />;
}

function Shown({ history: { points, periods } }: { history: Told }) {
  return (
    <div className="grid grid-cols-1 gap-6 lg:grid-cols-2">
      {points.length > 1 && (
        <section aria-labelledby="history" className={`card px-5 py-5 sm:px-6 ${periods.length > 0 ? '' : 'lg:col-span-2'}`}>
          <h2 id="history" className="mb-4 text-lg font-semibold tracking-tight">
            Score over time
          </h2>
          <HistoryChart points={points} />
        </section>
      )}
      {periods.length > 0 && <PastPeriods periods={periods} />}
    </div>
  );
}
