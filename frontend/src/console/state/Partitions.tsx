import type { Partition, Shards } from '../../api/types';
import { Strip } from '../../charts/Strip';
import { formatNumber, formatShare } from '../../format/numbers';
import { formatSeconds } from '../../format/times';
import { Card } from '../../ui/Card';
import { Notice } from '../../ui/Notice';
import { Table } from '../../ui/Table';
import { KEPT_MS, imbalance, type Look } from './looks';

const COLUMNS = [
  { label: 'Partition' },
  { label: 'State', className: 'w-24 sm:w-36' },
  { label: 'Last 5 minutes', className: 'hidden w-1/4 sm:table-cell' },
  { label: 'Entries', className: 'w-26 text-right sm:w-48' },
];

/** Partitions of the index, and the evenness of their sizes. */
export function Partitions({ looks, latest }: { looks: readonly Look[]; latest: Look }) {
  const { partitions } = latest.shards;
  const spread = imbalance(partitions.map((one) => one.entries));
  const most = Math.max(1, ...partitions.map((one) => one.entries ?? 0));
  return (
    <Card
      id="partitions"
      title="Partitions"
      note={spread !== null && `The largest has ${formatShare(spread)} more entries than the average.`}
    >
      {partitions.length === 0 ? (
        <Notice title="No index node is reachable">Ranks come from the database until a node is back.</Notice>
      ) : (
        <Table caption="Partitions" columns={COLUMNS} className="table-fixed">
          <tbody>
            {partitions.map((one) => (
              <tr key={one.partition} className="h-14">
                <th scope="row">
                  <span className="block font-medium">{formatNumber(one.partition)}</span>
                  <span className="block truncate text-xs text-muted">on {one.node}</span>
                </th>
                <State partition={one} />
                <td className="hidden pr-6 sm:table-cell">
                  <Strip
                    looks={looks.map(({ at, shards }) => ({ at, well: isComplete(one.partition, shards) }))}
                    times={[latest.at - KEPT_MS, latest.at]}
                  />
                </td>
                <td className="text-right">
                  {one.entries === null ? '–' : formatNumber(one.entries)}
                  <Bar part={(one.entries ?? 0) / most} />
                </td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </Card>
  );
}

function State({ partition: { complete, lag_ms: lag } }: { partition: Partition }) {
  return (
    <td>
      <span className={complete ? 'text-up' : 'font-medium text-down'}>{complete ? 'complete' : 'incomplete'}</span>
      {lag !== null && <span className="block text-xs text-muted">{formatSeconds(lag)} ago</span>}
    </td>
  );
}

/** Bar whose length shows the size, for comparison with its neighbours. */
function Bar({ part }: { part: number }) {
  return (
    <span aria-hidden="true" className="mt-1 block h-1.5 rounded-full bg-sunken">
      <span className="ml-auto block h-full rounded-full bg-accent" style={{ width: `${part * 100}%` }} />
    </span>
  );
}

function isComplete(partition: number, { partitions }: Shards): boolean {
  return partitions.some((one) => one.partition === partition && one.complete);
}
