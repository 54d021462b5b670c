import { text } from '../i18n/text';
import { formatNumber } from './numbers';

export interface Detail {
  readonly name: string;
  readonly value: string;
}

/** Return the metadata of a run as labels and values for users. */
export function details(metadata: Readonly<Record<string, unknown>> | null): Detail[] {
  return Object.entries(metadata ?? {}).map(([name, value]) => ({ name: name.replaceAll('_', ' '), value: shown(value) }));
}

/** Return the metadata in one line, such as "level 3, car Falcon". */
export function detailsInLine(metadata: Readonly<Record<string, unknown>> | null): string {
  return details(metadata)
    .map(({ name, value }) => `${name} ${value}`)
    .join(', ');
}

function shown(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isInteger(value) ? formatNumber(value) : String(value);
  if (typeof value === 'boolean') return value ? text().yes : text().no;
  if (Array.isArray(value)) return value.map(shown).join(' ');
  return JSON.stringify(value);
}
