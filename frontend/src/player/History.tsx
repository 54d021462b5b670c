import { useQuery } from '@tanstack/react-query';

import { useSurroundings } from '../api/context';
import { history } from '../api/reads';
import { useText } from '../i18n/text';
import type { History as Told } from '../api/types';
import { HistoryChart } from './HistoryChart';
import { PastPeriods } from './PastPeriods';

/** A player's score over time, and final ranks in past periods. */
export function History({ userId }: { userId: number }) {
  const { data } = useQuery(history(useSurroundings(), userId));
  // Render nothing while there is no data, or if it cannot be loaded: the rest of the page works without the history.
  if (!data || (data.points.length < 2 && data.periods.length === 0)) return null;
  return <Shown history={data} />;
}

function Shown({ history: { points, periods } }: { history: Told }) {
  const words = useText();
  return (
    <div className="grid grid-cols-1 gap-6 lg:grid-cols-2">
      {points.length > 1 && (
        <section aria-labelledby="history" className={`card px-4 py-5 sm:px-6 ${periods.length > 0 ? '' : 'lg:col-span-2'}`}>
          <h2 id="history" className="mb-4 text-lg font-semibold tracking-tight">
            {words.scoreOverTime}
          </h2>
          <HistoryChart points={points} />
        </section>
      )}
      {periods.length > 0 && <PastPeriods periods={periods} />}
    </div>
  );
}
