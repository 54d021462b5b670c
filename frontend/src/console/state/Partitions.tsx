import type { Partition, Shards } from '../../api/types';
import { Strip } from '../../charts/Strip';
import { formatNumber, formatShare } from '../../format/numbers';
import { formatSeconds } from '../../format/times';
import { Card } from '../../ui/Card';
import { Notice } from '../../ui/Notice';
import { Table } from '../../ui/Table';
import { useConsoleText } from '../i18n/text';
import { KEPT_MS, imbalance, type Look } from './looks';

/** Partitions of the index, and the evenness of their sizes. */
export function Partitions({ looks, latest }: { looks: readonly Look[]; latest: Look }) {
  const words = useConsoleText();
  const { state } = words;
  const columns = [
    { label: state.partition },
    { label: words.tabs.state, className: 'w-24 sm:w-36' },
    { label: state.lastMinutes, className: 'hidden w-1/4 sm:table-cell' },
    { label: state.entries, className: 'w-26 text-right sm:w-48' },
  ];
  const { partitions } = latest.shards;
  const spread = imbalance(partitions.map((one) => one.entries));
  const most = Math.max(1, ...partitions.map((one) => one.entries ?? 0));
  return (
    <Card
      id="partitions"
      title={state.partitions}
      note={spread !== null && state.moreEntries(formatShare(spread))}
    >
      {partitions.length === 0 ? (
        <Notice title={state.noIndex}>{state.noIndexHint}</Notice>
      ) : (
        <Table caption={state.partitions} columns={columns} className="table-fixed">
          <tbody>
            {partitions.map((one) => (
              <tr key={one.partition} className="h-14">
                <th scope="row">
                  <span className="block font-medium">{formatNumber(one.partition)}</span>
                  <span className="block truncate text-xs text-muted">{state.onNode(one.node)}</span>
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
  const words = useConsoleText();
  return (
    <td>
      <span className={complete ? 'text-up' : 'font-medium text-down'}>{complete ? words.state.complete : words.state.incomplete}</span>
      {lag !== null && <span className="block text-xs text-muted">{words.state.ago(formatSeconds(lag))}</span>}
    </td>
  );
}

/** Bar whose length shows the size of a partition, for comparison with the other partitions. */
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
