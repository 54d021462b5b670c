import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';

import { OPERATORS } from '../api/DeploymentProvider';
import type { IssuedKey, Scope } from '../api/types';
import { Field } from '../ui/Field';
import { Dialog } from '../ui/Dialog';
import { Answers } from './Answers';
import { useOperator } from './operator';

const SCOPES: readonly { readonly scope: Scope; readonly may: string }[] = [
  { scope: 'read', may: 'read private boards' },
  { scope: 'submit', may: 'submit for any player, create players' },
  { scope: 'set', may: 'set scores, which replace submissions' },
  { scope: 'admin', may: 'do everything' },
];
const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

interface Props {
  readonly close: () => void;
  readonly issued: (name: string, text: string) => void;
}

export function CreateKey({ close, issued }: Props) {
  const id = useId();
  const operator = useOperator();
  const cache = useQueryClient();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly Scope[]>(['submit']);
  const creating = useMutation({
    mutationFn: () => operator.change<IssuedKey>('POST', '/api/admin/keys', { name, scopes }),
    onSuccess: (key) => {
      issued(key.name, key.key);
      return cache.invalidateQueries({ queryKey: [OPERATORS] });
    },
    gcTime: 0,
  });
  const wrong = name !== '' && !NAME.test(name);

  return (
    <Dialog title="Create a key" close={close}>
      <form
        className="space-y-5"
        onSubmit={(event) => {
          event.preventDefault();
          creating.mutate();
        }}
      >
        <Field
          label="Name"
          value={name}
          placeholder="game-server"
          flaw={wrong ? 'Use 1 to 64 lower-case letters, digits, - and _.' : undefined}
          help="Permanent: names are never reused, even after revocation."
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <fieldset>
          <legend className="label">Scopes</legend>
          {SCOPES.map(({ scope, may }) => (
            <div key={scope} className="flex min-h-9 items-center gap-3 text-sm">
              <input
                id={`${id}-${scope}`}
                type="checkbox"
                className="size-4 accent-accent"
                checked={scopes.includes(scope)}
                onChange={(event) =>
                  setScopes(event.currentTarget.checked ? [...scopes, scope] : scopes.filter((one) => one !== scope))
                }
              />
              <label htmlFor={`${id}-${scope}`}>
                <span className="font-medium">{scope}:</span> <span className="text-muted">{may}</span>
              </label>
            </div>
          ))}
        </fieldset>
        <Answers
          act="Create"
          close={close}
          pending={creating.isPending}
          error={creating.error}
          missing={!NAME.test(name) ? 'Enter a name.' : scopes.length === 0 ? 'Choose a scope.' : null}
        />
      </form>
    </Dialog>
  );
}
