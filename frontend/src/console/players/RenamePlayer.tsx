import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import type { User } from '../../api/types';
import { Field } from '../../ui/Field';
import { nameOf } from '../../ui/PlayerName';
import { DialogForm } from '../DialogForm';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';

export function RenamePlayer({ player, close }: { player: User; close: () => void }) {
  const words = useConsoleText();
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
    <DialogForm
      title={words.players.rename(nameOf(player))}
      close={close}
      act={words.players.renameButton}
      submit={() => renaming.mutate()}
      pending={renaming.isPending}
      error={renaming.error}
      missing={wanted === '' || wanted === player.username ? words.players.enterOther : null}
    >
      <Field
        label={words.players.newName}
        dir="auto"
        maxLength={64}
        value={name}
        help={words.players.newNameHelp}
        onChange={(event) => setName(event.currentTarget.value)}
      />
    </DialogForm>
  );
}
