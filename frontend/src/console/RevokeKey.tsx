import { useMutation, useQueryClient } from '@tanstack/react-query';

import { OPERATORS } from '../api/DeploymentProvider';
import { Confirmation } from './Confirmation';
import { useConsoleText } from './i18n/text';
import { useOperator } from './operator';

export function RevokeKey({ name, close }: { name: string; close: () => void }) {
  const words = useConsoleText();
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
      title={words.keys.revokeTitle(name)}
      act={words.keys.revokeButton}
      pending={revoking.isPending}
      error={revoking.error}
      confirm={() => revoking.mutate()}
      close={close}
    >
      <p>{words.keys.revokeWarning}</p>
    </Confirmation>
  );
}
