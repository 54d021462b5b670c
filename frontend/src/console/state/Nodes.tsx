import type { Shards } from '../../api/types';
import { Strip } from '../../charts/Strip';
import { formatBytes, formatShare } from '../../format/numbers';
import { Card } from '../../ui/Card';
import { Table } from '../../ui/Table';
import type { ConsoleMessages } from '../i18n/en';
import { useConsoleText } from '../i18n/text';
import { KEPT_MS, imbalance, partitionsOn, type Look } from './looks';

interface Node {
  readonly node: string;
  readonly up: boolean;
  /** Role of the node, and its size. */
  readonly holds: string;
  readonly memory: number | null;
}

/** Servers of the index and of the database. */
export function Nodes({ looks, latest }: { looks: readonly Look[]; latest: Look }) {
  const words = useConsoleText();
  const { state } = words;
  const columns = [
    { label: state.node },
    { label: words.tabs.state, className: 'w-20 sm:w-28' },
    { label: state.lastMinutes, className: 'hidden w-1/4 sm:table-cell' },
    { label: state.memory, className: 'w-24 text-right sm:w-32' },
  ];
  const spread = imbalance(latest.shards.nodes.map((node) => node.memory_bytes));
  return (
    <Card
      id="nodes"
      title={state.nodes}
      note={spread !== null && state.moreMemory(formatShare(spread))}
    >
      <Table caption={state.nodes} columns={columns} className="table-fixed">
        <tbody>
          {nodesOf(latest.shards, state).map(({ node, up, holds, memory }) => (
            <tr key={node} className="h-14">
              <th scope="row">
                <span className="block truncate font-medium" title={node}>
                  {node}
                </span>
                <span className="block truncate text-xs text-muted">{holds}</span>
              </th>
              <td className={up ? 'text-up' : 'font-medium text-down'}>{up ? state.up : state.down}</td>
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

function nodesOf(shards: Shards, state: ConsoleMessages['state']): Node[] {
  const index = shards.nodes.map(({ node, up, memory_bytes: memory }) => {
    const held = partitionsOn(node, shards).length;
    return { node, up, memory, holds: state.indexNode(held) };
  });
  return [...index, ...shards.database.map((one) => ({ ...one, memory: null, holds: state.database }))];
}

function isUp(node: string, { nodes, database }: Shards): boolean {
  return [...nodes, ...database].some((one) => one.node === node && one.up);
}
