import { Link } from '@tanstack/react-router';

import type { FinalRank } from '../api/types';
import { formatNumber } from '../format/numbers';
import { formatPeriod } from '../format/periods';
import { SecondScore } from '../ladder/SecondScore';
import { useScores } from '../ladder/scores';
import { useBoard } from '../ladder/useBoard';
import { Table } from '../ui/Table';

const COLUMNS = [{ label: 'Period' }, { label: 'Rank', className: 'text-right' }, { label: 'Score', className: 'text-right' }];

/** A player's final ranks in past periods. */
export function PastPeriods({ periods }: { periods: readonly FinalRank[] }) {
  const scores = useScores();
  const timeZone = useBoard()?.time_zone ?? 'UTC';
  return (
    <section aria-labelledby="past" className="card self-start overflow-hidden">
      <h2 id="past" className="border-b border-line px-4 py-4 text-lg font-semibold tracking-tight sm:px-6">
        Past periods
      </h2>
      <Table caption="Past periods" columns={COLUMNS}>
        <tbody>
          {periods.map((one) => (
            <tr key={one.period} className="h-12">
              <th scope="row" className="font-medium">
                <Link to="/" search={{ period: one.period, rank: one.rank }} className="rounded underline-offset-4 hover:underline">
                  {formatPeriod(one, timeZone)}
                </Link>
              </th>
              <td className="text-right">
                {formatNumber(one.rank)} <span className="text-sm text-muted">of {formatNumber(one.total)}</span>
              </td>
              <td className="text-right font-semibold">
                {scores.full(one.score)}
                <SecondScore of={one} />
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
    </section>
  );
}
