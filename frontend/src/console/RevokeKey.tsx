import { useMutation, useQueryClient } from '@tanstack/react-query';

import { OPERATORS } from '../api/DeploymentProvider';
import { Confirmation } from './Confirmation';
import { useOperator } from './operator';

export function RevokeKey({ name, close }: { name: string; close: () => void }) {
  const operator = useOperator();
  const cache = useQueryClient();
  const revoking = useMutation({
    mutationFn: () => operator.change('DELETE', `/api/admin/keys/${name}`),
    onSuccess: () => {
      close();
      return cache.invalidateQueries({ queryKey: [OPERATORS] });
    },
  });
  return (
    <Confirmation
      title={`Revoke the key ${name}?`}
      act="Revoke"
      pending={revoking.isPending}
      error={revoking.error}
      confirm={() => revoking.mutate()}
      close={close}
    >
      <p>Requests with this key are refused within five seconds. This cannot be undone.</p>
    </Confirmation>
  );
}
