import type { ReactNode } from 'react';

import type { Joining } from '../../api/types';
import { Field } from '../../ui/Field';
import { Select } from '../../ui/Select';
import { Pair } from '../FieldGroup';
import { isCaptain, isSize, type TeamDraft } from './teamDraft';
import { useTeamAdminTexts } from './texts';

const JOINING: readonly Joining[] = ['open', 'captain', 'server'];

interface Props {
  readonly draft: TeamDraft;
  readonly set: (draft: TeamDraft) => void;
  /** Field of the captain: an id for a new team, a list of members for an existing one. */
  readonly captain: ReactNode;
}

/** Fields of a team. */
export function TeamFormFields({ draft, set, captain }: Props) {
  const words = useTeamAdminTexts();
  return (
    <>
      <Field
        label={words.nameLabel}
        dir="auto"
        maxLength={64}
        value={draft.name}
        help={words.nameHelp}
        onChange={(event) => set({ ...draft, name: event.currentTarget.value })}
      />
      {captain}
      <Pair>
        <Field
          label={words.size}
          inputMode="numeric"
          value={draft.size}
          flaw={isSize(draft.size) ? undefined : words.sizeFlaw}
          onChange={(event) => set({ ...draft, size: event.currentTarget.value })}
        />
        <Select
          label={words.joining}
          value={draft.joining}
          options={JOINING.map((name) => [name, words.joiningNames[name]] as const)}
          choose={(joining) => set({ ...draft, joining })}
        />
      </Pair>
    </>
  );
}

/** Return the reason why a team's form cannot be sent, null if it can. */
export function useMissing(draft: TeamDraft): string | null {
  const words = useTeamAdminTexts();
  if (draft.name.trim() === '') return words.enterName;
  return isSize(draft.size) && isCaptain(draft.captain) ? null : words.enterNumbers;
}
