import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';

import { OPERATORS } from '../api/DeploymentProvider';
import type { IssuedKey, Role, Scope } from '../api/types';
import { Field } from '../ui/Field';
import { Dialog } from '../ui/Dialog';
import { Select } from '../ui/Select';
import { Answers } from './Answers';
import { RIGHTS, useOperator } from './operator';

const HOLDERS = [
  ['program', 'a program'],
  ['person', 'a person'],
] as const;
const ROLES = [
  ['viewer', 'viewer'],
  ['moderator', 'moderator'],
  ['owner', 'owner'],
] as const;
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
  const operator = useOperator();
  const cache = useQueryClient();
  const [name, setName] = useState('');
  const [holder, setHolder] = useState<(typeof HOLDERS)[number][0]>('program');
  const [person, setPerson] = useState('');
  const [role, setRole] = useState<Role>('moderator');
  const [scopes, setScopes] = useState<readonly Scope[]>(['submit']);
  const creating = useMutation({
    mutationFn: () =>
      operator.change<IssuedKey>('POST', '/api/admin/keys', { name, ...(holder === 'program' ? { scopes } : { role, person: person.trim() }) }),
    onSuccess: (key) => {
      issued(key.name, key.key);
      return cache.invalidateQueries({ queryKey: [OPERATORS] });
    },
    gcTime: 0,
  });
  const wrong = name !== '' && !NAME.test(name);

  /** Return what is still to be entered, null if nothing is. */
  function missingIn(): string | null {
    if (!NAME.test(name)) return 'Enter a name.';
    if (holder === 'person') return person.trim() === '' ? 'Enter the person’s name.' : null;
    return scopes.length === 0 ? 'Choose a scope.' : null;
  }

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
          placeholder={holder === 'person' ? 'ada' : 'game-server'}
          flaw={wrong ? 'Use 1 to 64 lower-case letters, digits, - and _.' : undefined}
          help="Permanent: names are never reused, even after revocation."
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select label="Used by" value={holder} options={HOLDERS} choose={setHolder} />
        {holder === 'person' ? (
          <>
            <Field
              label="Person’s name"
              dir="auto"
              maxLength={80}
              value={person}
              placeholder="Ada Lovelace"
              help="The audit log shows it."
              onChange={(event) => setPerson(event.currentTarget.value)}
            />
            <Select label="Role" value={role} options={ROLES} choose={setRole} help={RIGHTS[role]} />
          </>
        ) : (
          <Scopes scopes={scopes} choose={setScopes} />
        )}
        <Answers act="Create" close={close} pending={creating.isPending} error={creating.error} missing={missingIn()} />
      </form>
    </Dialog>
  );
}

function Scopes({ scopes, choose }: { scopes: readonly Scope[]; choose: (scopes: readonly Scope[]) => void }) {
  const id = useId();
  return (
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
              choose(event.currentTarget.checked ? [...scopes, scope] : scopes.filter((one) => one !== scope))
            }
          />
          <label htmlFor={`${id}-${scope}`}>
            <span className="font-medium">{scope}:</span> <span className="text-muted">{may}</span>
          </label>
        </div>
      ))}
    </fieldset>
  );
}
