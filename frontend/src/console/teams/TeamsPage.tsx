import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { User } from '../../api/types';
import { Card } from '../../ui/Card';
import { Field } from '../../ui/Field';
import { ErrorNotice, Notice } from '../../ui/Notice';
import { nameOf, PlayerName } from '../../ui/PlayerName';
import { SkeletonRows } from '../../ui/Skeleton';
import { useSettled } from '../../ui/useSettled';
import { ActButton } from '../ActButton';
import { useConsoleText } from '../i18n/text';
import { ModerateLink } from '../moderation/ModerateLink';
import { useOperator } from '../operator';
import { ErasePlayer } from '../players/ErasePlayer';
import { playersLike } from '../reads';
import { CreateTeam } from './CreateTeam';
import { TeamPanel } from './TeamPanel';
import { useTeamAdminTexts } from './texts';

const SETTLED_MS = 300;

/** Page to search, create and change teams, and to change their members. */
export function TeamsPage() {
  const words = useTeamAdminTexts();
  const [text, setText] = useState('');
  const [opened, setOpened] = useState<number | null>(null);
  const [unwanted, setUnwanted] = useState<User | null>(null);
  const [creating, setCreating] = useState(false);
  const wanted = useSettled(text.trim(), SETTLED_MS);
  return (
    <div className="space-y-4 sm:space-y-6">
      <Card
        id="teams"
        title={useConsoleText().tabs.teams}
        align="end"
        beside={
          <div className="flex w-full flex-wrap items-end gap-3 sm:w-auto">
            <div role="search" aria-label={words.search} className="w-full sm:w-72">
              <Field label={words.name} dir="auto" maxLength={64} value={text} onChange={(event) => setText(event.currentTarget.value)} />
            </div>
            <ActButton permission="submit" className="button button-primary" onClick={() => setCreating(true)}>
              {words.create}
            </ActButton>
          </div>
        }
      >
        {wanted === '' ? (
          <Notice title={words.search}>{words.searchHint}</Notice>
        ) : (
          <TeamList wanted={wanted} open={setOpened} erase={setUnwanted} />
        )}
      </Card>
      {opened !== null && <TeamPanel key={opened} teamId={opened} close={() => setOpened(null)} />}
      {creating && (
        <CreateTeam
          created={(teamId) => {
            setCreating(false);
            setOpened(teamId);
          }}
          close={() => setCreating(false)}
        />
      )}
      {unwanted && <ErasePlayer player={unwanted} close={() => setUnwanted(null)} />}
    </div>
  );
}

interface ListProps {
  readonly wanted: string;
  readonly open: (teamId: number) => void;
  readonly erase: (team: User) => void;
}

function TeamList({ wanted, open, erase }: ListProps) {
  const words = useTeamAdminTexts();
  const { data, error, refetch } = useQuery({ ...playersLike(useOperator(), wanted), placeholderData: keepPreviousData });
  if (!data) return error ? <ErrorNotice error={error} retry={refetch} /> : <SkeletonRows rows={3} label={words.loading} />;
  const teams = data.filter(({ user_id: id }) => id < 0);
  if (teams.length === 0) return <Notice title={words.none}>{words.noneHint}</Notice>;
  return (
    <ul className="divide-y divide-line">
      {teams.map((team) => (
        <li key={team.user_id} className="flex flex-wrap items-center gap-x-6 gap-y-3 px-4 py-4 sm:px-6">
          <div className="min-w-0 flex-1 basis-60">
            <PlayerName player={team} className="font-medium" />
            <p className="text-sm text-muted tabular-nums">#{team.user_id}</p>
          </div>
          <div className="flex flex-wrap gap-2">
            <button type="button" className="button" aria-label={words.open(nameOf(team))} onClick={() => open(team.user_id)}>
              {words.openButton}
            </button>
            <ModerateLink player={team} />
            <ActButton permission="erase_players" aria-label={words.erase(nameOf(team))} onClick={() => erase(team)}>
              {words.eraseButton}
            </ActButton>
          </div>
        </li>
      ))}
    </ul>
  );
}
