import { Link } from '@tanstack/react-router';

import type { FinalRank } from '../api/types';
import { formatNumber } from '../format/numbers';
import { formatPeriod } from '../format/periods';
import { useText } from '../i18n/text';
import { SecondScore } from '../ladder/SecondScore';
import { useScores } from '../ladder/scores';
import { useBoard } from '../ladder/useBoard';
import { Table } from '../ui/Table';

/** A player's final ranks in past periods. */
export function PastPeriods({ periods }: { periods: readonly FinalRank[] }) {
  const words = useText();
  const scores = useScores();
  const columns = [{ label: words.period }, { label: words.rank, className: 'text-right' }, { label: words.score, className: 'text-right' }];
  const timeZone = useBoard()?.time_zone ?? 'UTC';
  return (
    <section aria-labelledby="past" className="card self-start overflow-hidden">
      <h2 id="past" className="border-b border-line px-4 py-4 text-lg font-semibold tracking-tight sm:px-6">
        {words.pastPeriods}
      </h2>
      <Table caption={words.pastPeriods} columns={columns}>
        <tbody>
          {periods.map((period) => (
            <tr key={period.period} className="h-12">
              <th scope="row" className="font-medium">
                <Link to="/" search={{ period: period.period, rank: period.rank, at: undefined }} className="rounded underline-offset-4 hover:underline">
                  {formatPeriod(period, timeZone)}
                </Link>
              </th>
              <td className="text-right">
                {formatNumber(period.rank)} <span className="text-sm text-muted">{words.of(period.total)}</span>
              </td>
              <td className="text-right font-semibold">
                {scores.full(period.score)}
                <SecondScore of={period} />
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
    </section>
  );
}
