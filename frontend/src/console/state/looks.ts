import type { Partition, Shards } from '../../api/types';
import type { Sample } from '../../charts/plot';

/** What the parts told at a time in ms since 1970. */
export interface Look {
  readonly at: number;
  readonly shards: Shards;
}

/** How far back looks are kept, which is as long as the charts are. */
export const KEPT_MS = 5 * 60_000;

/** Return the looks with one more, without those that are too old by now. */
export function withLook(looks: readonly Look[], look: Look): readonly Look[] {
  return [...looks.filter(({ at }) => look.at - at <= KEPT_MS), look];
}

/** Return how a figure went. */
export function trend(looks: readonly Look[], figure: (shards: Shards) => number | null): Sample[] {
  return looks.map(({ at, shards }) => ({ at, value: figure(shards) }));
}

/** How far back the index is known to be complete, in ms; null if part of it is not. */
export function lagMs({ partitions }: Shards): number | null {
  return worst(partitions.map((one) => one.lag_ms));
}

/** Which part of the reads of the first entries the cache answered; null before the first. */
export function hitRatio({ cache: { hits, misses } }: Shards): number | null {
  return hits + misses > 0 ? hits / (hits + misses) : null;
}

/** What all nodes of the index take together, in bytes; null if one does not tell. */
export function memoryBytes({ nodes }: Shards): number | null {
  return sum(nodes.map((node) => node.memory_bytes));
}

/** All entries of the index; null if a partition does not tell. */
export function entries({ partitions }: Shards): number | null {
  return sum(partitions.map((one) => one.entries));
}

/** How much larger the largest is than it would be if all were alike: 0.02 is by 2 %; null if that cannot be told. */
export function imbalance(sizes: readonly (number | null)[]): number | null {
  const [all, most] = [sum(sizes), worst(sizes)];
  return all === null || most === null || all === 0 ? null : (most * sizes.length) / all - 1;
}

/** Return the partitions that are on a node. */
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
