import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { withQuery } from '../../api/reads';
import type { Erasure, User } from '../../api/types';
import { Field } from '../../ui/Field';
import { nameOf } from '../../ui/PlayerName';
import { Confirmation } from '../Confirmation';
import { useOperator } from '../operator';
import { Erased } from './Erased';

/** Dialog that erases a player permanently, and shows the id of the erasure. */
export function ErasePlayer({ player, close }: { player: User; close: () => void }) {
  const { user_id: userId } = player;
  const name = nameOf(player);
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
      title={`Erase ${name}?`}
      act="Erase"
      asks={{ typed: name }}
      pending={erasing.isPending}
      error={erasing.error}
      confirm={() => erasing.mutate()}
      close={close}
    >
      <p>This deletes the profile, all scores and all ranks, and anonymises the audit log. It cannot be undone.</p>
      <div className="text-ink">
        <Field
          label="Reference"
          value={reference}
          placeholder="ticket-4711"
          help="Optional: the number of the request, for the audit log."
          onChange={(event) => setReference(event.currentTarget.value)}
        />
      </div>
    </Confirmation>
  );
}
