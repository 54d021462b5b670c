import { useQuery } from '@tanstack/react-query';

import type { Delivery } from '../../api/types';
import { Ago } from '../../ui/Ago';
import { ErrorNotice } from '../../ui/Notice';
import { SkeletonRows } from '../../ui/Skeleton';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { deliveries } from './reads';
import { resultInWords } from './result';

/** Latest requests to an endpoint, newest first. */
export function DeliveryLog({ endpointId }: { endpointId: string }) {
  const words = useConsoleText();
  const { data, error, refetch } = useQuery(deliveries(useOperator(), endpointId));
  return (
    <section aria-label={words.endpoints.deliveries} className="rounded-xl border border-line">
      <h3 className="px-4 py-3 text-sm font-semibold">{words.endpoints.deliveries}</h3>
      {data ? (
        data.deliveries.length === 0 ? (
          <p className="px-4 pb-3 text-sm text-muted">{words.endpoints.noDeliveries}</p>
        ) : (
          <ol className="max-h-96 divide-y divide-line overflow-y-auto border-t border-line">
            {data.deliveries.map((delivery) => (
              <DeliveryRow key={`${delivery.event_id} ${delivery.at} ${delivery.attempt}`} delivery={delivery} />
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

function DeliveryRow({ delivery }: { delivery: Delivery }) {
  const words = useConsoleText();
  const { type, at, attempt, redriven, failure } = delivery;
  return (
    <li className="flex flex-wrap items-baseline gap-x-4 gap-y-1 px-4 py-2.5 text-sm">
      <span className="font-mono break-all">{type}</span>
      <span className={`min-w-0 flex-1 basis-52 break-words ${failure === null ? 'text-up' : 'text-down'}`}>{resultInWords(delivery, words)}</span>
      <span className="text-muted">
        {words.endpoints.attempt(attempt)}
        {redriven && `, ${words.endpoints.redriven}`}, <Ago time={at} />
      </span>
    </li>
  );
}
