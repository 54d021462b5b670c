import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';

import { OPERATORS } from '../api/DeploymentProvider';
import type { IssuedKey, Role, Scope } from '../api/types';
import { Field } from '../ui/Field';
import { Select } from '../ui/Select';
import { DialogForm } from './DialogForm';
import { useConsoleText } from './i18n/text';
import { useOperator } from './operator';

const HOLDERS = ['program', 'person'] as const;
const ROLES: readonly Role[] = ['viewer', 'moderator', 'owner'];
const SCOPES: readonly Scope[] = ['read', 'submit', 'set', 'admin'];
const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

interface Props {
  readonly close: () => void;
  readonly issued: (name: string, text: string) => void;
}

export function CreateKey({ close, issued }: Props) {
  const words = useConsoleText();
  const operator = useOperator();
  const cache = useQueryClient();
  const [name, setName] = useState('');
  const [holder, setHolder] = useState<(typeof HOLDERS)[number]>('program');
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

  /** Return a text that names the missing input, null if the form is complete. */
  function missingIn(): string | null {
    if (!NAME.test(name)) return words.keys.enterName;
    if (holder === 'person') return person.trim() === '' ? words.keys.enterPerson : null;
    return scopes.length === 0 ? words.keys.chooseScope : null;
  }

  return (
    <DialogForm
      title={words.keys.create}
      close={close}
      act={words.create}
      submit={() => creating.mutate()}
      pending={creating.isPending}
      error={creating.error}
      missing={missingIn()}
    >
      <Field
        label={words.name}
        value={name}
        placeholder={holder === 'person' ? 'ada' : 'game-server'}
        flaw={wrong ? words.keys.nameFlaw : undefined}
        help={words.keys.nameHelp}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Select label={words.keys.usedBy} value={holder} options={HOLDERS.map((kind) => [kind, words.keys.holders[kind]] as const)} choose={setHolder} />
      {holder === 'person' ? (
        <>
          <Field
            label={words.keys.personName}
            dir="auto"
            maxLength={80}
            value={person}
            placeholder="Ada Lovelace"
            help={words.keys.personHelp}
            onChange={(event) => setPerson(event.currentTarget.value)}
          />
          <Select label={words.role} value={role} options={ROLES.map((one) => [one, words.roles[one]] as const)} choose={setRole} help={words.rights[role]} />
        </>
      ) : (
        <Scopes scopes={scopes} choose={setScopes} />
      )}
    </DialogForm>
  );
}

function Scopes({ scopes, choose }: { scopes: readonly Scope[]; choose: (scopes: readonly Scope[]) => void }) {
  const words = useConsoleText();
  const id = useId();
  return (
    <fieldset>
      <legend className="label">{words.keys.scopes}</legend>
      {SCOPES.map((scope) => (
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
            <span className="font-medium">{scope}:</span> <span className="text-muted">{words.keys.scopeRights[scope]}</span>
          </label>
        </div>
      ))}
    </fieldset>
  );
}
