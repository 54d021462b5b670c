import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';

import { useDeployment } from '../api/context';
import { inWords } from '../api/errors';
import { Field } from '../ui/Field';
import { setAdminKey } from '../api/adminKey';

/** Form for the admin key. It accepts a key that the API accepts. */
export function SignIn() {
  const { client } = useDeployment();
  const [key, setKey] = useState('');
  const signing = useMutation({
    mutationFn: (tried: string) => client.withKey(tried).get('/api/admin/audit?limit=1'),
    onSuccess: (_, tried) => setAdminKey(tried),
    gcTime: 0, // do not cache: the mutation's variables contain the key
  });
  return (
    <form
      noValidate
      className="card mx-auto max-w-md space-y-5 px-5 py-6 sm:px-6"
      onSubmit={(event) => {
        event.preventDefault();
        if (key) signing.mutate(key);
      }}
    >
      <Field
        label="Admin key"
        type="password"
        value={key}
        flaw={signing.error ? inWords(signing.error) : undefined}
        help="Kept in this page’s memory only. The command leaderforge dev prints a key, and leaderforge keys create makes one."
        onChange={(event) => {
          setKey(event.currentTarget.value.trim());
          signing.reset();
        }}
      />
      <button type="submit" disabled={key === '' || signing.isPending} className="button button-primary w-full">
        {signing.isPending ? 'Checking…' : 'Open the console'}
      </button>
    </form>
  );
}
