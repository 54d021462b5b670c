import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Act } from '../../api/types';
import { detailsInLine } from '../../format/metadata';
import { formatExact } from '../../format/times';
import { Ago } from '../../ui/Ago';
import { Card } from '../../ui/Card';
import { ErrorNotice, Notice } from '../../ui/Notice';
import { SkeletonRows } from '../../ui/Skeleton';
import { useSettled } from '../../ui/useSettled';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { audit } from '../reads';
import { AuditFilters } from './AuditFilters';
import { ExportAudit } from './ExportAudit';
import { NO_FILTERS, wantedBy } from './filters';

const SETTLED_MS = 300;

/** Audit log, newest entries first. */
export function AuditPage() {
  const words = useConsoleText();
  const [filters, setFilters] = useState(NO_FILTERS);
  const wanted = wantedBy(useSettled(filters, SETTLED_MS));
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(audit(useOperator(), wanted));
  const acts = data?.pages.flatMap((page) => page.entries);

  return (
    <Card id="audit" title={words.tabs.audit} beside={<ExportAudit wanted={wanted} />}>
      <AuditFilters filters={filters} set={setFilters} />
      {acts ? <Acts acts={acts} /> : error ? <ErrorNotice error={error} retry={refetch} /> : <SkeletonRows rows={6} label={words.audit.loading} />}
      {hasNextPage && (
        <div className="border-t border-line p-4 text-center">
          <button type="button" className="button" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {words.audit.earlier}
          </button>
        </div>
      )}
    </Card>
  );
}

function Acts({ acts }: { acts: readonly Act[] }) {
  const words = useConsoleText();
  if (acts.length === 0) return <Notice title={words.audit.none}>{words.audit.noneHint}</Notice>;
  return (
    <ol className="divide-y divide-line">
      {acts.map((act, at) => (
        <li key={`${act.at} ${at}`} className="flex flex-wrap gap-x-6 gap-y-1 px-4 py-3.5 sm:px-6">
          <div className="min-w-0 flex-1 basis-60">
            <p className="font-medium break-words">
              <span className="font-mono text-sm">{act.action}</span> {words.audit.about(act.user_id, act.board)}
            </p>
            {act.reason && <p className="text-sm break-words">“{act.reason}”</p>}
            <p className="text-sm break-words text-muted">{detailsInLine(act.details)}</p>
          </div>
          <div className="text-sm text-muted sm:text-right">
            {act.person !== null && (
              <p dir="auto" className="text-ink">
                {act.person}
              </p>
            )}
            <p className="break-words">{act.actor}</p>
            <p className="tabular-nums">
              {formatExact(act.at)}, <Ago time={act.at} />
            </p>
          </div>
        </li>
      ))}
    </ol>
  );
}
