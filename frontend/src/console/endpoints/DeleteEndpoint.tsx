import { useMutation, useQueryClient } from '@tanstack/react-query';

import { OPERATORS } from '../../api/DeploymentProvider';
import type { Endpoint } from '../../api/types';
import { Confirmation } from '../Confirmation';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { endpointPath } from './reads';

export function DeleteEndpoint({ endpoint, close }: { endpoint: Endpoint; close: () => void }) {
  const words = useConsoleText();
  const operator = useOperator();
  const cache = useQueryClient();
  const deleting = useMutation({
    mutationFn: () => operator.change('DELETE', endpointPath(endpoint.endpoint_id)),
    onSuccess: () => {
      close();
      return cache.invalidateQueries({ queryKey: [OPERATORS, 'endpoints'] });
    },
  });
  return (
    <Confirmation
      title={words.endpoints.deleteTitle}
      act={words.endpoints.delete}
      pending={deleting.isPending}
      error={deleting.error}
      confirm={() => deleting.mutate()}
      close={close}
    >
      <p className="break-all">{endpoint.url}</p>
      <p>{words.endpoints.deleteWarning}</p>
    </Confirmation>
  );
}
