import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';

import { useSurroundings } from '../../api/context';
import type { Board } from '../../api/types';
import { ErrorNotice } from '../../ui/Notice';
import { PlayerName, nameOf } from '../../ui/PlayerName';
import { Select } from '../../ui/Select';
import { SkeletonRows } from '../../ui/Skeleton';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { allBoards } from '../reads';
import { EntryFacts } from './EntryFacts';
import { HiddenEntries } from './HiddenEntries';
import { ModerationForm } from './ModerationForm';
import { PlayerPicker } from './PlayerPicker';
import { Runs } from './Runs';
import { account } from './entry';

/** Moderation of a player on a board: the entry, its submissions, actions, and the list of hidden entries. */
export function ModerationPage() {
  const words = useConsoleText();
  const { data, error, refetch } = useQuery(allBoards(useOperator()));
  if (data) return <Moderation boards={data.boards} />;
  return error ? <ErrorNotice error={error} retry={refetch} /> : <SkeletonRows rows={6} label={words.loadingBoards} />;
}

function Moderation({ boards }: { boards: readonly Board[] }) {
  const words = useConsoleText();
  const { config, ladder } = useSurroundings();
  const { player: userId } = useSearch({ from: '/console/moderation' });
  const navigate = useNavigate();
  const board = boards.find(({ board: slug }) => slug === ladder.board) ?? boards[0];
  if (!board) return null;
  const options = boards.map(({ board: slug, name }) => [slug, name] as const);

  function chooseBoard(slug: string): void {
    void navigate({ to: '/console/moderation', search: { player: userId, board: slug === config.board ? undefined : slug, period: undefined } });
  }

  function choosePlayer(player: number | undefined): void {
    void navigate({ to: '/console/moderation', search: { player } });
  }

  return (
    <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-2">
      <section aria-labelledby="moderation" className="card space-y-5 px-5 py-5 sm:px-6">
        <h2 id="moderation" className="text-lg font-semibold tracking-tight">
          {words.tabs.moderation}
        </h2>
        <Select<string> label={words.board} value={board.board} options={options} choose={chooseBoard} />
        {userId === undefined ? (
          <PlayerPicker choose={(player) => choosePlayer(player.user_id)} />
        ) : (
          <ChosenPlayer board={board} userId={userId} change={() => choosePlayer(undefined)} />
        )}
        <ModerationForm key={board.board} board={board} userId={userId ?? null} />
      </section>
      <div className="min-w-0 space-y-6">
        {userId !== undefined && <RunsOf key={`${board.board} ${userId}`} board={board} userId={userId} />}
        <HiddenEntries board={board.board} />
      </div>
    </div>
  );
}

interface ChosenProps {
  readonly board: Board;
  readonly userId: number;
  readonly change: () => void;
}

function ChosenPlayer({ board, userId, change }: ChosenProps) {
  const words = useConsoleText();
  const { data, error, refetch } = useQuery(account(useOperator(), userId));
  return (
    <section aria-label={words.moderation.chosen} className="space-y-3 rounded-xl bg-sunken p-4">
      <div className="flex items-start justify-between gap-4">
        <div className="min-w-0">
          {data && <PlayerName player={data} className="font-semibold" />}
          <p className="text-sm text-muted tabular-nums">#{userId}</p>
        </div>
        <button type="button" className="button shrink-0" onClick={change}>
          {words.moderation.change}
        </button>
      </div>
      {error && !data ? <ErrorNotice error={error} retry={refetch} /> : <EntryFacts board={board} userId={userId} />}
    </section>
  );
}

function RunsOf({ board, userId }: { board: Board; userId: number }) {
  const { data } = useQuery(account(useOperator(), userId));
  return data ? <Runs board={board} userId={userId} name={nameOf(data)} /> : null;
}
