import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';

import { useDeployment } from '../api/context';
import { inWords, Refused } from '../api/errors';
import { Field } from '../ui/Field';
import type { ConsoleMessages } from './i18n/en';
import { useConsoleText } from './i18n/text';
import { setAdminKey, useHasEnded } from '../api/adminKey';
import type { Caller } from '../api/types';

/** Form for the key of a person, or an admin key. It accepts keys that have a role. */
export function SignIn() {
  const words = useConsoleText();
  const { client } = useDeployment();
  const hasEnded = useHasEnded();
  const [key, setKey] = useState('');
  const signing = useMutation({
    mutationFn: (tried: string) => client.withKey(tried).get<Caller>('/api/admin/me'),
    onSuccess: (_, tried) => setAdminKey(tried),
    gcTime: 0, // do not cache: the mutation's variables contain the key
  });
  return (
    <form
      noValidate
      className="card mx-auto max-w-md space-y-5 px-4 py-6 sm:px-6"
      onSubmit={(event) => {
        event.preventDefault();
        if (key) signing.mutate(key);
      }}
    >
      {hasEnded && <p role="status">{words.signInEnded}</p>}
      <Field
        label={words.key}
        type="password"
        value={key}
        flaw={signing.error ? flawIn(signing.error, words) : undefined}
        help={words.keyHelp}
        onChange={(event) => {
          setKey(event.currentTarget.value.trim());
          signing.reset();
        }}
      />
      <button type="submit" disabled={key === '' || signing.isPending} className="button button-primary w-full">
        {signing.isPending ? words.checking : words.openConsole}
      </button>
    </form>
  );
}

function flawIn(error: unknown, words: ConsoleMessages): string {
  if (error instanceof Refused && error.status === 403) return words.noRole;
  return inWords(error);
}
