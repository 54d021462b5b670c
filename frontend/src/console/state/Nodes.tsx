import type { Shards } from '../../api/types';
import { Strip } from '../../charts/Strip';
import { formatBytes, formatShare, plural } from '../../format/numbers';
import { Card } from '../../ui/Card';
import { Table } from '../../ui/Table';
import { KEPT_MS, imbalance, partitionsOn, type Look } from './looks';

interface Node {
  readonly node: string;
  readonly up: boolean;
  /** Role of the node, and its size. */
  readonly holds: string;
  readonly memory: number | null;
}

const COLUMNS = [
  { label: 'Node' },
  { label: 'State', className: 'w-20 sm:w-28' },
  { label: 'Last 5 minutes', className: 'hidden w-1/4 sm:table-cell' },
  { label: 'Memory', className: 'w-24 text-right sm:w-32' },
];

/** Servers of the index and of the database. */
export function Nodes({ looks, latest }: { looks: readonly Look[]; latest: Look }) {
  const spread = imbalance(latest.shards.nodes.map((node) => node.memory_bytes));
  return (
    <Card
      id="nodes"
      title="Nodes"
      note={spread !== null && `The largest of the index takes ${formatShare(spread)} more memory than the average.`}
    >
      <Table caption="Nodes" columns={COLUMNS} className="table-fixed">
        <tbody>
          {nodesOf(latest.shards).map(({ node, up, holds, memory }) => (
            <tr key={node} className="h-14">
              <th scope="row">
                <span className="block truncate font-medium" title={node}>
                  {node}
                </span>
                <span className="block truncate text-xs text-muted">{holds}</span>
              </th>
              <td className={up ? 'text-up' : 'font-medium text-down'}>{up ? 'up' : 'down'}</td>
              <td className="hidden pr-6 sm:table-cell">
                <Strip looks={looks.map(({ at, shards }) => ({ at, well: isUp(node, shards) }))} times={[latest.at - KEPT_MS, latest.at]} />
              </td>
              <td className="text-right">{memory === null ? '–' : formatBytes(memory)}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </Card>
  );
}

function nodesOf(shards: Shards): Node[] {
  const index = shards.nodes.map(({ node, up, memory_bytes: memory }) => {
    const held = partitionsOn(node, shards).length;
    return { node, up, memory, holds: `index, ${plural(held, 'partition', 'partitions')}` };
  });
  return [...index, ...shards.database.map((one) => ({ ...one, memory: null, holds: 'database' }))];
}

function isUp(node: string, { nodes, database }: Shards): boolean {
  return [...nodes, ...database].some((one) => one.node === node && one.up);
}
