import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Endpoint } from '../../api/types';
import { Card } from '../../ui/Card';
import { ErrorNotice, Notice } from '../../ui/Notice';
import { SkeletonRows } from '../../ui/Skeleton';
import { ActButton } from '../ActButton';
import { SecretIssued } from '../SecretIssued';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { CreateEndpoint } from './CreateEndpoint';
import { DeleteEndpoint } from './DeleteEndpoint';
import { EndpointItem } from './EndpointItem';
import { RotateSecret } from './RotateSecret';
import { endpoints } from './reads';

/** Dialog that is open over the list of endpoints. */
export type Asked =
  | { readonly kind: 'create' }
  | { readonly kind: 'rotate' | 'delete'; readonly endpoint: Endpoint }
  | { readonly kind: 'issued'; readonly secret: string };

/** Endpoints that receive events, with their delivery logs and dead letters. */
export function EndpointsPage() {
  const words = useConsoleText();
  const { data, error, refetch } = useQuery(endpoints(useOperator()));
  const [asked, setAsked] = useState<Asked | null>(null);
  const close = () => setAsked(null);
  const issued = (secret: string) => setAsked({ kind: 'issued', secret });

  return (
    <Card
      id="endpoints"
      title={words.tabs.endpoints}
      note={words.endpoints.note}
      beside={
        <ActButton permission="manage_keys" className="button button-primary" onClick={() => setAsked({ kind: 'create' })}>
          {words.endpoints.create}
        </ActButton>
      }
    >
      {data ? (
        data.endpoints.length === 0 ? (
          <Notice title={words.endpoints.none}>{words.endpoints.noneHint}</Notice>
        ) : (
          <ul className="divide-y divide-line">
            {data.endpoints.map((endpoint) => (
              <EndpointItem key={endpoint.endpoint_id} endpoint={endpoint} ask={setAsked} />
            ))}
          </ul>
        )
      ) : error ? (
        <ErrorNotice error={error} retry={refetch} />
      ) : (
        <SkeletonRows rows={3} label={words.endpoints.loading} />
      )}
      {asked?.kind === 'create' && <CreateEndpoint close={close} issued={issued} />}
      {asked?.kind === 'rotate' && <RotateSecret endpoint={asked.endpoint} close={close} issued={issued} />}
      {asked?.kind === 'delete' && <DeleteEndpoint endpoint={asked.endpoint} close={close} />}
      {asked?.kind === 'issued' && <SecretIssued title={words.endpoints.issued} text={asked.secret} close={close} />}
    </Card>
  );
}
