import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';

import { useDeployment } from '../api/context';
import { inWords } from '../api/errors';
import { useMe, type Me } from '../me/me';
import { Field } from '../ui/Field';
import { openSession } from './keptFriends';
import { saveSession, useSession } from './session';
import { useFriendTexts } from './texts';

/** Sign-in by a token of the game, after which the service keeps the list. Readers must have chosen their player. */
export function KeepFriends() {
  const words = useFriendTexts();
  const me = useMe();
  const session = useSession();
  if (session !== null) {
    return (
      <section aria-label={words.keep} className="card px-5 py-5">
        <p className="text-sm">{words.kept(me?.id === session.id ? me.name : `#${session.id}`)}</p>
        <button type="button" className="button mt-4 w-full" onClick={() => saveSession(null)}>
          {words.signOut}
        </button>
      </section>
    );
  }
  return me && <SignIn key={me.id} me={me} />;
}

function SignIn({ me }: { me: Me }) {
  const words = useFriendTexts();
  const around = useDeployment();
  const [token, setToken] = useState('');
  const opening = useMutation({
    mutationFn: (text: string) => openSession(around, me.id, text),
    onSuccess: saveSession,
    gcTime: 0, // do not cache: the mutation's variables contain the token
  });
  return (
    <form
      aria-label={words.keep}
      className="card px-5 py-5"
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
        {words.keep}
      </button>
    </form>
  );
}
