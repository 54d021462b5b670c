import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { OPERATORS } from '../api/DeploymentProvider';
import type { IssuedKey } from '../api/types';
import { Dialog } from '../ui/Dialog';
import { Select } from '../ui/Select';
import { Answers } from './Answers';
import { useOperator } from './operator';

const OVERLAPS = [
  ['0', 'at once'],
  ['3600', 'in an hour'],
  ['86400', 'in a day'],
  ['604800', 'in a week'],
] as const;

interface Props {
  readonly name: string;
  readonly close: () => void;
  readonly issued: (name: string, text: string) => void;
}

export function RotateKey({ name, close, issued }: Props) {
  const operator = useOperator();
  const cache = useQueryClient();
  const [overlap, setOverlap] = useState<(typeof OVERLAPS)[number][0]>('3600');
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
    <Dialog title={`Rotate the key ${name}`} close={close}>
      <form
        className="space-y-5"
        onSubmit={(event) => {
          event.preventDefault();
          rotating.mutate();
        }}
      >
        <Select label="End of the old key" value={overlap} options={OVERLAPS} choose={setOverlap} />
        <Answers act="Rotate" close={close} pending={rotating.isPending} error={rotating.error} />
      </form>
    </Dialog>
  );
}
