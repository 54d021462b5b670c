import type { Surroundings } from '../api/context';

/** Return the query for the occurrence of the selected period, by default the open or the next occurrence. */
export function occurrenceQuery({ ladder }: Surroundings): Record<string, string> {
  return ladder.period?.startsWith('season-') ? { period: ladder.period } : {};
}
