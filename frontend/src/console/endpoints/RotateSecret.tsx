import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { OPERATORS } from '../../api/DeploymentProvider';
import type { Endpoint, IssuedEndpoint } from '../../api/types';
import { Select } from '../../ui/Select';
import { DialogForm } from '../DialogForm';
import { OVERLAPS, type Overlap } from '../RotateKey';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { endpointPath } from './reads';

interface Props {
  readonly endpoint: Endpoint;
  readonly close: () => void;
  readonly issued: (secret: string) => void;
}

export function RotateSecret({ endpoint, close, issued }: Props) {
  const words = useConsoleText();
  const operator = useOperator();
  const cache = useQueryClient();
  const [overlap, setOverlap] = useState<Overlap>('3600');
  const rotating = useMutation({
    mutationFn: () => operator.change<IssuedEndpoint>('POST', endpointPath(endpoint.endpoint_id, 'rotate'), { overlap_s: Number(overlap) }),
    onSuccess: ({ secret }) => {
      issued(secret);
      return cache.invalidateQueries({ queryKey: [OPERATORS, 'endpoints'] });
    },
    gcTime: 0, // do not cache the secret
  });
  return (
    <DialogForm
      title={words.endpoints.rotateTitle}
      close={close}
      act={words.endpoints.rotate}
      submit={() => rotating.mutate()}
      pending={rotating.isPending}
      error={rotating.error}
    >
      <p className="break-all text-muted">{endpoint.url}</p>
      <Select label={words.endpoints.oldEnd} value={overlap} options={OVERLAPS.map((s) => [s, words.keys.overlaps[s]] as const)} choose={setOverlap} />
    </DialogForm>
  );
}
