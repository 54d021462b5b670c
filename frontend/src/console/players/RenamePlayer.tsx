import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import type { User } from '../../api/types';
import { Dialog } from '../../ui/Dialog';
import { Field } from '../../ui/Field';
import { nameOf } from '../../ui/PlayerName';
import { Answers } from '../Answers';
import { useOperator } from '../operator';

export function RenamePlayer({ player, close }: { player: User; close: () => void }) {
  const operator = useOperator();
  const cache = useQueryClient();
  const [name, setName] = useState(player.username ?? '');
  const wanted = name.trim();
  const renaming = useMutation({
    mutationFn: () => operator.change<User>('PATCH', `/api/users/${player.user_id}`, { username: wanted }),
    onSuccess: () => {
      close();
      return cache.invalidateQueries();
    },
  });
  return (
    <Dialog title={`Rename ${nameOf(player)}`} close={close}>
      <form
        className="space-y-5"
        onSubmit={(event) => {
          event.preventDefault();
          renaming.mutate();
        }}
      >
        <Field
          label="New name"
          dir="auto"
          maxLength={64}
          value={name}
          help="Shown everywhere within a second. The old name is free for others."
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Answers
          act="Rename"
          close={close}
          pending={renaming.isPending}
          error={renaming.error}
          missing={wanted === '' || wanted === player.username ? 'Enter another name.' : null}
        />
      </form>
    </Dialog>
  );
}
