import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import type { Team } from '../../api/types';
import { nameOf } from '../../ui/PlayerName';
import { Select } from '../../ui/Select';
import { DialogForm } from '../DialogForm';
import { useOperator } from '../operator';
import { teamChanges, teamDraft } from './teamDraft';
import { TeamFormFields, useMissing } from './TeamFormFields';
import { useTeamAdminTexts } from './texts';

/** Dialog that changes a team. Only a member can be chosen as captain. */
export function EditTeam({ team, close }: { team: Team; close: () => void }) {
  const words = useTeamAdminTexts();
  const operator = useOperator();
  const cache = useQueryClient();
  const [before] = useState(() => teamDraft(team));
  const [draft, setDraft] = useState(before);
  const saving = useMutation({
    mutationFn: () => operator.change<Team>('PATCH', `/api/teams/${team.team_id}`, teamChanges(draft, before)),
    onSuccess: () => {
      close();
      return cache.invalidateQueries();
    },
  });
  return (
    <DialogForm
      title={words.edit(nameOf({ user_id: team.team_id, username: team.name }))}
      close={close}
      act={words.save}
      submit={() => saving.mutate()}
      pending={saving.isPending}
      error={saving.error}
      missing={useMissing(draft)}
    >
      <TeamFormFields
        draft={draft}
        set={setDraft}
        captain={
          team.members.length > 0 && (
            <Select
              label={words.captain}
              value={draft.captain}
              options={team.members.map((member) => [String(member.user_id), nameOf(member)] as const)}
              choose={(captain) => setDraft({ ...draft, captain })}
            />
          )
        }
      />
    </DialogForm>
  );
}
