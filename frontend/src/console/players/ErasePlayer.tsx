import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { withQuery } from '../../api/reads';
import type { Erasure, User } from '../../api/types';
import { Field } from '../../ui/Field';
import { nameOf } from '../../ui/PlayerName';
import { Confirmation } from '../Confirmation';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { Erased } from './Erased';

/** Dialog that erases a player permanently, and shows the id of the erasure. */
export function ErasePlayer({ player, close }: { player: User; close: () => void }) {
  const { user_id: userId } = player;
  const name = nameOf(player);
  const words = useConsoleText();
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
      title={words.players.eraseTitle(name)}
      act={words.players.eraseButton}
      asks={{ typed: name }}
      pending={erasing.isPending}
      error={erasing.error}
      confirm={() => erasing.mutate()}
      close={close}
    >
      <p>{words.players.eraseWarning}</p>
      <div className="text-ink">
        <Field
          label={words.players.reference}
          value={reference}
          placeholder="ticket-4711"
          help={words.players.referenceHelp}
          onChange={(event) => setReference(event.currentTarget.value)}
        />
      </div>
    </Confirmation>
  );
}
