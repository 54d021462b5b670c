import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { OPERATORS } from '../api/DeploymentProvider';
import type { IssuedKey } from '../api/types';
import { Select } from '../ui/Select';
import { DialogForm } from './DialogForm';
import { useConsoleText } from './i18n/text';
import { useOperator } from './operator';

/** Times in seconds. After a rotation, the old key or secret stays valid for the chosen time. */
export const OVERLAPS = ['0', '3600', '86400', '604800'] as const;

export type Overlap = (typeof OVERLAPS)[number];

interface Props {
  readonly name: string;
  readonly close: () => void;
  readonly issued: (name: string, text: string) => void;
}

export function RotateKey({ name, close, issued }: Props) {
  const words = useConsoleText();
  const operator = useOperator();
  const cache = useQueryClient();
  const [overlap, setOverlap] = useState<Overlap>('3600');
  const rotating = useMutation({
    mutationFn: () =>
      operator.change<IssuedKey>('POST', `/api/admin/keys/${name}/rotate`, { overlap_s: Number(overlap) }),
    onSuccess: (key) => {
      issued(key.name, key.key);
      return cache.invalidateQueries({ queryKey: [OPERATORS] });
    },
    gcTime: 0,
  });
  return (
    <DialogForm
      title={words.keys.rotateTitle(name)}
      close={close}
      act={words.keys.rotateButton}
      submit={() => rotating.mutate()}
      pending={rotating.isPending}
      error={rotating.error}
    >
      <Select label={words.keys.oldEnd} value={overlap} options={OVERLAPS.map((s) => [s, words.keys.overlaps[s]] as const)} choose={setOverlap} />
    </DialogForm>
  );
}
