import type { Client } from '../../api/client';
import { withQuery } from '../../api/reads';
import type { Act, Audit } from '../../api/types';
import type { AuditWanted } from '../reads';

export type AuditFormat = 'csv' | 'ndjson';

/** Upper bound of the API for a page of the audit log, in entries. */
const PER_PAGE = 1_000;
/** Upper bound of a file, in entries: the browser builds the file in memory. */
const AT_MOST = 100_000;
const COLUMNS = ['at', 'actor', 'person', 'action', 'board', 'user_id', 'reason', 'details'] as const;
const TYPES: Readonly<Record<AuditFormat, string>> = { csv: 'text/csv', ndjson: 'application/x-ndjson' };

/** Return all audit entries that match, newest first, up to the bound of a file. */
export async function allActs(operator: Client, wanted: AuditWanted): Promise<Act[]> {
  const acts: Act[] = [];
  let cursor: string | null = null;
  do {
    const query = { ...wanted, limit: PER_PAGE, ...(cursor !== null && { cursor }) };
    const page: Audit = await operator.get<Audit>(withQuery('/api/admin/audit', query));
    acts.push(...page.entries);
    cursor = page.next;
  } while (cursor !== null && acts.length < AT_MOST);
  return acts;
}

export function fileOf(acts: readonly Act[], format: AuditFormat): Blob {
  return new Blob([format === 'csv' ? csv(acts) : ndjson(acts)], { type: TYPES[format] });
}

function ndjson(acts: readonly Act[]): string {
  return acts.map((act) => `${JSON.stringify(act)}\n`).join('');
}

/** Return the audit entries as CSV by RFC 4180, with a header. The details are JSON. */
function csv(acts: readonly Act[]): string {
  const rows = acts.map((act) => COLUMNS.map((name) => cell(act[name])).join(','));
  return [COLUMNS.join(','), ...rows].map((row) => `${row}\r\n`).join('');
}

function cell(value: Act[(typeof COLUMNS)[number]]): string {
  const text = value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
  // Put an apostrophe before a text that a spreadsheet would run as a formula. Numbers, such as negative ids, need
  // none.
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
