import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Person } from '../../api/types';
import { Card } from '../../ui/Card';
import { ErrorNotice, Notice } from '../../ui/Notice';
import { SkeletonRows } from '../../ui/Skeleton';
import { ActButton } from '../ActButton';
import { useCaller, useOperator } from '../operator';
import { people } from '../reads';
import { ChangeRole } from './ChangeRole';
import { LastUse } from './LastUse';

/** People who use the console, with their roles. */
export function PeoplePage() {
  const { data, error, refetch } = useQuery(people(useOperator()));
  const [changing, setChanging] = useState<Person | null>(null);
  return (
    <Card id="people" title="People">
      {data ? (
        <PeopleList people={data.people} change={setChanging} />
      ) : error ? (
        <ErrorNotice error={error} retry={refetch} />
      ) : (
        <SkeletonRows rows={4} label="Loading the people" />
      )}
      {changing && <ChangeRole person={changing} close={() => setChanging(null)} />}
    </Card>
  );
}

function PeopleList({ people: all, change }: { people: readonly Person[]; change: (person: Person) => void }) {
  const { actor: own } = useCaller();
  if (all.length === 0) {
    return (
      <Notice title="No people yet">
        Create a key for a person on the page Keys, or let people sign in by an identity provider. Each then has a role and a name in the
        audit log.
      </Notice>
    );
  }
  return (
    <ul className="divide-y divide-line">
      {all.map((person) => (
        <li key={person.actor} className="flex flex-wrap items-center gap-x-6 gap-y-3 px-4 py-4 sm:px-6">
          <div className="min-w-0 flex-1 basis-60">
            <p className="flex flex-wrap items-baseline gap-x-2 font-medium">
              <span dir="auto" className="break-words">
                {person.person}
              </span>
              {person.actor === own && <span className="text-sm font-normal text-muted">you</span>}
            </p>
            <p className="font-mono text-sm break-all text-muted">{person.actor}</p>
            <LastUse person={person} />
          </div>
          <p className="w-24 text-sm font-medium capitalize">{person.role}</p>
          <ActButton
            permission="manage_keys"
            aria-label={`Change the role of ${person.person}`}
            disabled={person.actor === own}
            {...(person.actor === own && { title: 'Another owner can change your role.' })}
            onClick={() => change(person)}
          >
            Change role
          </ActButton>
        </li>
      ))}
    </ul>
  );
}
