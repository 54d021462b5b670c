import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { OPERATORS } from '../../api/DeploymentProvider';
import { inWords } from '../../api/errors';
import type { Redriven } from '../../api/types';
import { Ago } from '../../ui/Ago';
import { ErrorNotice } from '../../ui/Notice';
import { SkeletonRows } from '../../ui/Skeleton';
import { ActButton } from '../ActButton';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { deadLetters, endpointPath } from './reads';

/** Events that were given up for an endpoint, with a button that sends all of them again. */
export function DeadLetters({ endpointId }: { endpointId: string }) {
  const words = useConsoleText();
  const operator = useOperator();
  const cache = useQueryClient();
  const { data, error, refetch } = useQuery(deadLetters(operator, endpointId));
  const redriving = useMutation({
    mutationFn: () => operator.change<Redriven>('POST', endpointPath(endpointId, 'redrive')),
    onSettled: () => cache.invalidateQueries({ queryKey: [OPERATORS, 'endpoints'] }),
  });
  const letters = data?.dead_letters;
  return (
    <section aria-label={words.endpoints.deadLetters} className="rounded-xl border border-line">
      <div className="flex flex-wrap items-center justify-between gap-3 px-4 py-3">
        <h3 className="text-sm font-semibold">{words.endpoints.deadLetters}</h3>
        {letters && letters.length > 0 && (
          <ActButton permission="manage_keys" disabled={redriving.isPending} onClick={() => redriving.mutate()}>
            {words.endpoints.redrive}
          </ActButton>
        )}
      </div>
      <p role="status" className={`px-4 pb-3 text-sm empty:hidden ${redriving.error ? 'text-down' : 'text-up'}`}>
        {redriving.error ? inWords(redriving.error) : redriving.data && words.endpoints.sentAgain(redriving.data.redriven)}
      </p>
      {letters ? (
        letters.length === 0 ? (
          <p className="px-4 pb-3 text-sm text-muted">{words.endpoints.noDeadLetters}</p>
        ) : (
          <ol className="max-h-96 divide-y divide-line overflow-y-auto border-t border-line">
            {letters.map(({ event_id: id, type, board, reason, attempts, given_up_at: at }) => (
              <li key={id} className="flex flex-wrap items-baseline gap-x-4 gap-y-1 px-4 py-2.5 text-sm">
                <span className="break-all">
                  <span className="font-mono">{type}</span> {board}
                </span>
                <span className="min-w-0 flex-1 basis-52 break-words text-down">{reason}</span>
                <span className="text-muted">
                  {words.endpoints.attempts(attempts)}, <Ago time={at} />
                </span>
              </li>
            ))}
          </ol>
        )
      ) : error ? (
        <ErrorNotice error={error} retry={refetch} />
      ) : (
        <SkeletonRows rows={2} label={words.endpoints.loadingLog} />
      )}
    </section>
  );
}
