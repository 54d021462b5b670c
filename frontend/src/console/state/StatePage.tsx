import { useQuery } from '@tanstack/react-query';

import { ErrorNotice } from '../../ui/Notice';
import { SkeletonRows } from '../../ui/Skeleton';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { health, looks } from '../reads';
import { Activity } from './Activity';
import { Nodes } from './Nodes';
import { Overall } from './Overall';
import { Partitions } from './Partitions';
import { Trends } from './Trends';

/** Current state of the service's parts, and their states in the last minutes. */
export function StatePage() {
  const words = useConsoleText();
  const operator = useOperator();
  const overall = useQuery(health(operator));
  const parts = useQuery(looks(operator));
  const latest = parts.data?.at(-1);
  return (
    <div className="space-y-6">
      {overall.data ? (
        <Overall health={overall.data} verification={latest?.shards.verification} />
      ) : overall.error ? (
        <ErrorNotice error={overall.error} retry={overall.refetch} />
      ) : (
        <SkeletonRows rows={4} label={words.state.loading} />
      )}
      <Activity />
      {parts.data && latest ? (
        <>
          <Trends looks={parts.data} latest={latest} />
          <Nodes looks={parts.data} latest={latest} />
          <Partitions looks={parts.data} latest={latest} />
        </>
      ) : parts.error ? (
        <ErrorNotice error={parts.error} retry={parts.refetch} />
      ) : (
        <SkeletonRows rows={6} label={words.state.loadingParts} />
      )}
    </div>
  );
}
