import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Person } from '../../api/types';
import { Card } from '../../ui/Card';
import { ErrorNotice, Notice } from '../../ui/Notice';
import { SkeletonRows } from '../../ui/Skeleton';
import { ActButton } from '../ActButton';
import { useConsoleText } from '../i18n/text';
import { useCaller, useOperator } from '../operator';
import { people } from '../reads';
import { ChangeRole } from './ChangeRole';
import { LastUse } from './LastUse';

/** People who use the console, with their roles. */
export function PeoplePage() {
  const words = useConsoleText();
  const { data, error, refetch } = useQuery(people(useOperator()));
  const [changing, setChanging] = useState<Person | null>(null);
  return (
    <Card id="people" title={words.tabs.people}>
      {data ? (
        <PeopleList people={data.people} change={setChanging} />
      ) : error ? (
        <ErrorNotice error={error} retry={refetch} />
      ) : (
        <SkeletonRows rows={4} label={words.people.loading} />
      )}
      {changing && <ChangeRole person={changing} close={() => setChanging(null)} />}
    </Card>
  );
}

function PeopleList({ people: all, change }: { people: readonly Person[]; change: (person: Person) => void }) {
  const words = useConsoleText();
  const { actor: own } = useCaller();
  if (all.length === 0) return <Notice title={words.people.none}>{words.people.noneHint}</Notice>;
  return (
    <ul className="divide-y divide-line">
      {all.map((person) => (
        <li key={person.actor} className="flex flex-wrap items-center gap-x-6 gap-y-3 px-4 py-4 sm:px-6">
          <div className="min-w-0 flex-1 basis-60">
            <p className="flex flex-wrap items-baseline gap-x-2 font-medium">
              <span dir="auto" className="break-words">
                {person.person}
              </span>
              {person.actor === own && <span className="text-sm font-normal text-muted">{words.people.you}</span>}
            </p>
            <p className="font-mono text-sm break-all text-muted">{person.actor}</p>
            <LastUse person={person} />
          </div>
          <p className="w-24 text-sm font-medium">{words.roles[person.role]}</p>
          <ActButton
            permission="manage_keys"
            aria-label={words.people.changeRole(person.person)}
            disabled={person.actor === own}
            {...(person.actor === own && { title: words.people.ownRole })}
            onClick={() => change(person)}
          >
            {words.people.changeButton}
          </ActButton>
        </li>
      ))}
    </ul>
  );
}
