import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';

import { useSurroundings } from '../../api/context';
import type { Board } from '../../api/types';
import { ErrorNotice, Notice } from '../../ui/Notice';
import { nameOf } from '../../ui/PlayerName';
import { Select } from '../../ui/Select';
import { SkeletonRows } from '../../ui/Skeleton';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { allBoards } from '../reads';
import { ChosenPlayer } from './ChosenPlayer';
import { EntryTable } from './EntryTable';
import { HiddenEntries } from './HiddenEntries';
import { Runs } from './Runs';
import { account } from './entry';

/** Moderation of a board: its entries, and beside them the submissions of the chosen player and the actions. */
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
    void navigate({ to: '/console/moderation', search: { player: userId, board: slug === config.board ? undefined : slug, period: undefined, segment: undefined } });
  }

  function choosePlayer(player: number | undefined): void {
    void navigate({ to: '/console/moderation', search: { player }, resetScroll: false });
  }

  return (
    <div className="space-y-6">
      <div className="sm:max-w-sm">
        <Select<string> label={words.board} value={board.board} options={options} choose={chooseBoard} />
      </div>
      <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-2">
        {/* On a phone, the chosen player takes the place of the lists. */}
        <div className={`min-w-0 space-y-6 ${userId === undefined ? '' : 'max-lg:hidden'}`}>
          <EntryTable key={board.board} board={board} chosen={userId} choose={choosePlayer} />
          <HiddenEntries board={board.board} />
        </div>
        <div className={`min-w-0 space-y-6 ${userId === undefined ? 'max-lg:hidden' : ''}`}>
          {userId === undefined ? (
            <section aria-label={words.moderation.chosen} className="card">
              <Notice title={words.moderation.choosePlayer}>{words.moderation.choosePlayerHint}</Notice>
            </section>
          ) : (
            <>
              <ChosenPlayer key={`${board.board} ${userId}`} board={board} userId={userId} close={() => choosePlayer(undefined)} />
              <RunsOf key={`${board.board} ${userId} runs`} board={board} userId={userId} />
            </>
          )}
        </div>
      </div>
    </div>
  );
}

function RunsOf({ board, userId }: { board: Board; userId: number }) {
  const { data } = useQuery(account(useOperator(), userId));
  return data ? <Runs board={board} userId={userId} name={nameOf(data)} /> : null;
}
