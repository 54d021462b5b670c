import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { useDeployment } from '../api/context';
import type { Board } from '../api/types';
import { ErrorNotice } from '../ui/Notice';
import { Select } from '../ui/Select';
import { SkeletonRows } from '../ui/Skeleton';
import { HiddenEntries } from './HiddenEntries';
import { ModerationForm } from './ModerationForm';
import { useOperator } from './operator';
import { allBoards } from './reads';

/** Moderation actions, and the list of hidden entries. */
export function ModerationPage() {
  const { data, error, refetch } = useQuery(allBoards(useOperator()));
  if (data) return <Moderation boards={data.boards} />;
  return error ? <ErrorNotice error={error} retry={refetch} /> : <SkeletonRows rows={6} label="Loading the boards" />;
}

function Moderation({ boards }: { boards: readonly Board[] }) {
  const { config } = useDeployment();
  const [chosen, choose] = useState(config.board);
  const board = boards.find((one) => one.board === chosen) ?? boards[0];
  if (!board) return null;
  const options = boards.map((one) => [one.board, one.name] as const);
  return (
    <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-2">
      <section aria-labelledby="moderation" className="card space-y-5 px-5 py-5 sm:px-6">
        <h2 id="moderation" className="text-lg font-semibold tracking-tight">
          Moderation
        </h2>
        <Select<string> label="Board" value={board.board} options={options} choose={choose} />
        <ModerationForm key={board.board} board={board} />
      </section>
      <HiddenEntries board={board.board} />
    </div>
  );
}
