import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import type { Team } from '../../api/types';
import { Field } from '../../ui/Field';
import { DialogForm } from '../DialogForm';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { EMPTY_TEAM, teamChanges } from './teamDraft';
import { TeamFormFields, useMissing } from './TeamFormFields';
import { useTeamAdminTexts } from './texts';

/** Dialog that creates a team. `created` gets the id of the new team. */
export function CreateTeam({ created, close }: { created: (teamId: number) => void; close: () => void }) {
  const words = useTeamAdminTexts();
  const operator = useOperator();
  const cache = useQueryClient();
  const [draft, setDraft] = useState(EMPTY_TEAM);
  const creating = useMutation({
    mutationFn: () => operator.change<Team>('POST', '/api/teams', teamChanges(draft)),
    onSuccess: ({ team_id: teamId }) => {
      created(teamId);
      return cache.invalidateQueries();
    },
  });
  return (
    <DialogForm
      title={words.create}
      close={close}
      act={useConsoleText().create}
      submit={() => creating.mutate()}
      pending={creating.isPending}
      error={creating.error}
      missing={useMissing(draft)}
    >
      <TeamFormFields
        draft={draft}
        set={setDraft}
        captain={
          <Field
            label={words.captainId}
            value={draft.captain}
            help={words.captainHelp}
            onChange={(event) => setDraft({ ...draft, captain: event.currentTarget.value })}
          />
        }
      />
    </DialogForm>
  );
}
