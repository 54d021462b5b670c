import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { OPERATORS } from '../../api/DeploymentProvider';
import type { Person, Role } from '../../api/types';
import { Dialog } from '../../ui/Dialog';
import { Select } from '../../ui/Select';
import { Answers } from '../Answers';
import { RIGHTS, useOperator } from '../operator';

const ROLES: readonly (readonly [Role, string])[] = [
  ['viewer', 'Viewer'],
  ['moderator', 'Moderator'],
  ['owner', 'Owner'],
];

export function ChangeRole({ person, close }: { person: Person; close: () => void }) {
  const operator = useOperator();
  const cache = useQueryClient();
  const [role, setRole] = useState(person.role);
  const changing = useMutation({
    mutationFn: () => operator.change<Person>('POST', '/api/admin/people/role', { actor: person.actor, role }),
    onSuccess: () => {
      close();
      return cache.invalidateQueries({ queryKey: [OPERATORS] });
    },
  });
  return (
    <Dialog title={`Role of ${person.person}`} close={close}>
      <form
        className="space-y-5"
        onSubmit={(event) => {
          event.preventDefault();
          changing.mutate();
        }}
      >
        <Select label="Role" value={role} options={ROLES} choose={setRole} help={RIGHTS[role]} />
        {person.signed_in_at !== null && (
          <p className="text-sm text-muted">The role lasts until the next sign-in. Then the identity provider gives it again.</p>
        )}
        <Answers
          act="Change the role"
          close={close}
          pending={changing.isPending}
          error={changing.error}
          missing={role === person.role ? `The role is ${person.role} already.` : null}
        />
      </form>
    </Dialog>
  );
}
