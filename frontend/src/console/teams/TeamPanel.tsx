import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { inWords } from '../../api/errors';
import type { Team } from '../../api/types';
import { parseUserId } from '../../search/suggestions';
import { team } from '../../team/reads';
import { Ago } from '../../ui/Ago';
import { Card } from '../../ui/Card';
import { Field } from '../../ui/Field';
import { Filled } from '../../ui/Filled';
import { ErrorNotice } from '../../ui/Notice';
import { nameOf, PlayerName } from '../../ui/PlayerName';
import { SkeletonRows } from '../../ui/Skeleton';
import { ActButton } from '../ActButton';
import { useConsoleText } from '../i18n/text';
import { ModerateLink } from '../moderation/ModerateLink';
import { useOperator } from '../operator';
import { EditTeam } from './EditTeam';
import { useTeamAdminTexts } from './texts';

/** A team and its members, with buttons to change them. */
export function TeamPanel({ teamId, close }: { teamId: number; close: () => void }) {
  const words = useTeamAdminTexts();
  const { data, error, refetch } = useQuery(team({ client: useOperator() }, teamId));
  const [editing, setEditing] = useState(false);
  if (!data) return error ? <ErrorNotice error={error} retry={refetch} /> : <SkeletonRows rows={3} label={words.loading} />;
  const name = teamName(data);
  return (
    <Card
      id="team"
      title={words.members(name)}
      note={`#${teamId} · ${data.members.length}/${data.max_members}`}
      beside={
        <div className="flex flex-wrap gap-2">
          <ActButton permission="submit" aria-label={words.edit(name)} onClick={() => setEditing(true)}>
            {words.editButton}
          </ActButton>
          <button type="button" className="button" onClick={close}>
            {words.close}
          </button>
        </div>
      }
    >
      <Members team={data} />
      {editing && <EditTeam team={data} close={() => setEditing(false)} />}
    </Card>
  );
}

/** Return the display name of a team. */
export function teamName({ team_id: id, name }: Team): string {
  return nameOf({ user_id: id, username: name });
}

function Members({ team: { team_id: teamId, members, captain_id: captainId } }: { team: Team }) {
  const words = useTeamAdminTexts();
  const { remove } = useConsoleText();
  const operator = useOperator();
  const cache = useQueryClient();
  const changing = useMutation({
    mutationFn: ({ method, userId }: { method: 'PUT' | 'DELETE'; userId: number }) =>
      operator.change<Team>(method, `/api/teams/${teamId}/members/${userId}`),
    onSettled: () => cache.invalidateQueries(),
  });
  return (
    <>
      {members.length === 0 && <p className="px-4 py-4 text-sm text-muted sm:px-6">{words.noMembers}</p>}
      <ul className="divide-y divide-line empty:hidden">
        {members.map((member) => (
          <li key={member.user_id} className="flex flex-wrap items-center gap-x-6 gap-y-2 px-4 py-3 sm:px-6">
            <div className="min-w-0 flex-1 basis-60">
              <PlayerName player={member} className="font-medium" />
              <p className="text-sm text-muted">
                <Filled text={words.joined} parts={{ id: member.user_id, ago: <Ago time={member.joined_at} /> }} />
                {member.user_id === captainId && `, ${words.isCaptain}`}
              </p>
            </div>
            <div className="flex flex-wrap gap-2">
              <ModerateLink player={member} />
              <ActButton
                permission="submit"
                aria-label={words.remove(nameOf(member))}
                disabled={changing.isPending}
                onClick={() => changing.mutate({ method: 'DELETE', userId: member.user_id })}
              >
                {remove}
              </ActButton>
            </div>
          </li>
        ))}
      </ul>
      <p role="alert" className="px-4 pt-3 text-sm text-down empty:hidden sm:px-6">
        {changing.error ? inWords(changing.error) : null}
      </p>
      <AddMember pending={changing.isPending} add={(userId) => changing.mutate({ method: 'PUT', userId })} />
    </>
  );
}

function AddMember({ pending, add }: { pending: boolean; add: (userId: number) => void }) {
  const words = useTeamAdminTexts();
  const [text, setText] = useState('');
  const [tried, setTried] = useState(false);
  const userId = parseUserId(text);
  return (
    <form
      className="border-t border-line px-4 py-4 sm:px-6"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(userId === null);
        if (userId === null) return;
        add(userId);
        setText('');
      }}
    >
      <Field
        label={words.playerId}
        value={text}
        flaw={tried && userId === null ? words.enterId : undefined}
        help={words.transfers}
        beside={
          <ActButton permission="submit" className="button shrink-0" disabled={pending} type="submit">
            {words.add}
          </ActButton>
        }
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </form>
  );
}
