import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { OPERATORS } from '../../api/DeploymentProvider';
import { inWords } from '../../api/errors';
import type { DeliveryResult, Endpoint } from '../../api/types';
import { formatExact } from '../../format/times';
import { ActButton } from '../ActButton';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { DeadLetters } from './DeadLetters';
import { DeliveryLog } from './DeliveryLog';
import type { Asked } from './EndpointsPage';
import { endpointPath } from './reads';
import { resultInWords } from './result';

interface Props {
  readonly endpoint: Endpoint;
  readonly ask: (asked: Asked) => void;
}

/** An endpoint with its actions. Its log and dead letters appear below it. */
export function EndpointItem({ endpoint, ask }: Props) {
  const words = useConsoleText();
  const { endpoint_id: id, url } = endpoint;
  const operator = useOperator();
  const cache = useQueryClient();
  const [isOpen, setIsOpen] = useState(false);
  const onSettled = () => cache.invalidateQueries({ queryKey: [OPERATORS, 'endpoints'] });
  const testing = useMutation({ mutationFn: () => operator.change<DeliveryResult>('POST', endpointPath(id, 'test')), onSettled });
  const switching = useMutation({
    mutationFn: (disabled: boolean) => operator.change<Endpoint>('PATCH', endpointPath(id), { disabled }),
    onSettled,
  });
  const isDisabled = endpoint.disabled_at !== null;
  const error = testing.error ?? switching.error;

  return (
    <li aria-label={url} className="flex flex-col gap-3 px-4 py-4 sm:px-6">
      <div>
        <p className="font-medium break-all">{url}</p>
        <p className="text-sm break-words text-muted">
          <span className="font-mono">{id}</span>, {words.endpoints.receives(endpoint.types, endpoint.boards)}
        </p>
        <EndpointState endpoint={endpoint} />
      </div>
      <div className="flex flex-wrap gap-2">
        <ActButton permission="manage_keys" disabled={testing.isPending} onClick={() => testing.mutate()}>
          {words.endpoints.test}
        </ActButton>
        <button type="button" className="button" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          {words.endpoints.log}
        </button>
        <ActButton permission="manage_keys" onClick={() => ask({ kind: 'rotate', endpoint })}>
          {words.endpoints.rotate}
        </ActButton>
        <ActButton permission="manage_keys" disabled={switching.isPending} onClick={() => switching.mutate(!isDisabled)}>
          {isDisabled ? words.endpoints.enable : words.endpoints.disable}
        </ActButton>
        <ActButton permission="manage_keys" onClick={() => ask({ kind: 'delete', endpoint })}>
          {words.endpoints.delete}
        </ActButton>
      </div>
      <p role="status" className={`text-sm break-words empty:hidden ${error || testing.data?.failure ? 'text-down' : 'text-up'}`}>
        {error ? inWords(error) : testing.data && resultInWords(testing.data, words)}
      </p>
      {isOpen && (
        <>
          <DeadLetters endpointId={id} />
          <DeliveryLog endpointId={id} />
        </>
      )}
    </li>
  );
}

function EndpointState({ endpoint }: { endpoint: Endpoint }) {
  const words = useConsoleText();
  const { disabled_at: disabledAt, disabled_reason: reason, failing, previous_secret_until: until } = endpoint;
  return (
    <>
      {disabledAt !== null ? (
        <p className="text-sm break-words text-down">{words.endpoints.disabled(reason ?? '')}</p>
      ) : (
        failing && <p className="text-sm text-down">{words.endpoints.failing}</p>
      )}
      {until !== null && <p className="text-sm text-muted">{words.endpoints.bothSecrets(formatExact(until))}</p>}
    </>
  );
}
