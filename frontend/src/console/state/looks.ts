import type { Partition, Shards } from '../../api/types';
import type { Sample } from '../../charts/plot';

/** State of the index, the database and the cache at a time in ms since 1970. */
export interface Look {
  readonly at: number;
  readonly shards: Shards;
}

/** Maximum age, in ms, of the states in the charts. Older states are dropped. */
export const KEPT_MS = 5 * 60_000;

/** Return the states plus a new state, without the expired states. */
export function withLook(looks: readonly Look[], look: Look): readonly Look[] {
  return [...looks.filter(({ at }) => look.at - at <= KEPT_MS), look];
}

/** Return the samples of a chart: one figure from each state. */
export function trend(looks: readonly Look[], figure: (shards: Shards) => number | null): Sample[] {
  return looks.map(({ at, shards }) => ({ at, value: figure(shards) }));
}

/** Return the lag of the index in ms: the age of the oldest watermark. Null if a partition is incomplete. */
export function lagMs({ partitions }: Shards): number | null {
  return worst(partitions.map((one) => one.lag_ms));
}

/** Of all reads of boards' first entries, return the share that the cache answered. Null before the first read. */
export function hitRatio({ cache: { hits, misses } }: Shards): number | null {
  return hits + misses > 0 ? hits / (hits + misses) : null;
}

/** Return the memory of all index nodes in bytes, null if a node does not report it. */
export function memoryBytes({ nodes }: Shards): number | null {
  return sum(nodes.map((node) => node.memory_bytes));
}

/** Return the number of entries in the index, null if a partition does not report it. */
export function entries({ partitions }: Shards): number | null {
  return sum(partitions.map((one) => one.entries));
}

/** Return how much larger the largest size is than the mean: 0.02 is 2 %. Null if a size is unknown. */
export function imbalance(sizes: readonly (number | null)[]): number | null {
  const [all, most] = [sum(sizes), worst(sizes)];
  return all === null || most === null || all === 0 ? null : (most * sizes.length) / all - 1;
}

/** Return the partitions on a node. */
export function partitionsOn(node: string, { partitions }: Shards): readonly Partition[] {
  return partitions.filter((one) => one.node === node);
}

export function sum(values: readonly (number | null)[]): number | null {
  return known(values)?.reduce((all, value) => all + value, 0) ?? null;
}

function worst(values: readonly (number | null)[]): number | null {
  const all = known(values);
  return all && Math.max(...all);
}

function known(values: readonly (number | null)[]): readonly number[] | null {
  return values.length > 0 && values.every((value) => value !== null) ? values : null;
}
