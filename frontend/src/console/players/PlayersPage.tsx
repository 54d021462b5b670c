import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { User } from '../../api/types';
import { Card } from '../../ui/Card';
import { Field } from '../../ui/Field';
import { ErrorNotice, Notice } from '../../ui/Notice';
import { SkeletonRows } from '../../ui/Skeleton';
import { useSettled } from '../../ui/useSettled';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { playersLike } from '../reads';
import { ErasePlayer } from './ErasePlayer';
import { PlayerList, type PlayerAct } from './PlayerList';
import { RenamePlayer } from './RenamePlayer';

const SETTLED_MS = 300;

interface Asked {
  readonly act: PlayerAct;
  readonly player: User;
}

/** Search of players, to rename, export and erase them. */
export function PlayersPage() {
  const words = useConsoleText();
  const [text, setText] = useState('');
  const [asked, setAsked] = useState<Asked | null>(null);
  const wanted = useSettled(text.trim(), SETTLED_MS);
  const { data, error, refetch } = useQuery({
    ...playersLike(useOperator(), wanted),
    enabled: wanted !== '',
    placeholderData: keepPreviousData,
  });

  return (
    <Card
      id="players"
      title={words.tabs.players}
      align="end"
      beside={
        <div role="search" aria-label={words.tabs.players} className="w-full sm:w-72">
          <Field label={words.players.nameOrId} dir="auto" maxLength={64} value={text} onChange={(event) => setText(event.currentTarget.value)} />
        </div>
      }
    >
      {wanted === '' ? (
        <Notice title={words.players.search}>{words.players.searchHint}</Notice>
      ) : data ? (
        <PlayerList players={data} choose={(act, player) => setAsked({ act, player })} />
      ) : error ? (
        <ErrorNotice error={error} retry={refetch} />
      ) : (
        <SkeletonRows rows={4} label={words.players.loading} />
      )}
      {asked?.act === 'rename' && <RenamePlayer player={asked.player} close={() => setAsked(null)} />}
      {asked?.act === 'erase' && <ErasePlayer player={asked.player} close={() => setAsked(null)} />}
    </Card>
  );
}
