import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { OPERATORS } from '../../api/DeploymentProvider';
import type { Person, Role } from '../../api/types';
import { Select } from '../../ui/Select';
import { DialogForm } from '../DialogForm';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';

const ROLES: readonly Role[] = ['viewer', 'moderator', 'owner'];

export function ChangeRole({ person, close }: { person: Person; close: () => void }) {
  const words = useConsoleText();
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
    <DialogForm
      title={words.people.roleOf(person.person)}
      close={close}
      act={words.people.change}
      submit={() => changing.mutate()}
      pending={changing.isPending}
      error={changing.error}
      missing={role === person.role ? words.people.already(role) : null}
    >
      <Select label={words.role} value={role} options={ROLES.map((one) => [one, words.roles[one]] as const)} choose={setRole} help={words.rights[role]} />
      {person.signed_in_at !== null && <p className="text-sm text-muted">{words.people.lasts}</p>}
    </DialogForm>
  );
}
