import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';

import { useDeployment } from '../api/context';
import { inWords } from '../api/errors';
import type { Me } from '../me/me';
import { Field } from '../ui/Field';
import { openSession } from './keptFriends';
import { saveSession } from './session';
import { useFriendTexts } from './texts';

/** Sign-in of the reader's player by a token of the game. The tab keeps the token. */
export function TokenSignIn({ me, act }: { me: Me; act: string }) {
  const words = useFriendTexts();
  const deployment = useDeployment();
  const [token, setToken] = useState('');
  const opening = useMutation({
    mutationFn: (text: string) => openSession(deployment, me.id, text),
    onSuccess: saveSession,
    gcTime: 0, // do not cache: the mutation's variables contain the token
  });
  return (
    <form
      aria-label={act}
      className="card px-4 py-5 sm:px-6"
      onSubmit={(event) => {
        event.preventDefault();
        if (token.trim() !== '') opening.mutate(token.trim());
      }}
    >
      <Field
        label={words.token(me.name)}
        type="password"
        value={token}
        flaw={opening.error ? inWords(opening.error) : undefined}
        help={words.tokenHelp}
        onChange={(event) => setToken(event.currentTarget.value)}
      />
      <button type="submit" disabled={opening.isPending} className="button mt-4 w-full">
        {act}
      </button>
    </form>
  );
}
