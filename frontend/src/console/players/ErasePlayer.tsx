import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { withQuery } from '../../api/reads';
import type { Erasure, User } from '../../api/types';
import { Field } from '../../ui/Field';
import { Confirmation } from '../Confirmation';
import { useOperator } from '../operator';
import { Erased } from './Erased';

/** Erases a player for ever, and shows the proof of it. */
export function ErasePlayer({ player: { user_id: userId, username }, close }: { player: User; close: () => void }) {
  const operator = useOperator();
  const cache = useQueryClient();
  const [reference, setReference] = useState('');
  const erasing = useMutation({
    mutationFn: () => operator.change<Erasure>('DELETE', withQuery(`/api/users/${userId}`, reference.trim() ? { reference: reference.trim() } : {})),
    onSuccess: () => cache.invalidateQueries(),
  });
  if (erasing.data) return <Erased erasure={erasing.data} close={close} />;
  return (
    <Confirmation
      title={`Erase ${username}?`}
      act="Erase"
      typed={username}
      pending={erasing.isPending}
      error={erasing.error}
      confirm={erasing.mutate}
      close={close}
    >
      <p>The profile, all scores and ranks, and every trace in the audit log are gone for ever. This cannot be undone.</p>
      <div className="text-ink">
        <Field
          label="The request that this answers"
          value={reference}
          placeholder="ticket-4711"
          help="For the audit log; may be left out."
          onChange={(event) => setReference(event.currentTarget.value)}
        />
      </div>
    </Confirmation>
  );
}
