import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { useSurroundings } from '../../api/context';
import type { BoardActivity, Board } from '../../api/types';
import { scoreFormat } from '../../format/scores';
import { Card } from '../../ui/Card';
import { ErrorNotice, Notice } from '../../ui/Notice';
import { Select } from '../../ui/Select';
import { SkeletonRows } from '../../ui/Skeleton';
import { useOperator } from '../operator';
import { allBoards } from '../reads';
import { ActivityCharts } from './ActivityCharts';
import { ScoreList } from './ScoreList';
import { HOURS, activityOf, whySuspicious, type Hours } from './reads';

/** Activity of a board over the last hours, with its newest and most suspicious scores. The server stores it. */
export function ActivityPage() {
  const { data, error, refetch } = useQuery(allBoards(useOperator()));
  if (data) return <Activity boards={data.boards} />;
  return error ? <ErrorNotice error={error} retry={refetch} /> : <SkeletonRows rows={6} label="Loading the boards" />;
}

function Activity({ boards }: { boards: readonly Board[] }) {
  const { config, ladder } = useSurroundings();
  const navigate = useNavigate();
  const [hours, setHours] = useState<Hours>('24');
  const board = boards.find(({ board: slug }) => slug === ladder.board) ?? boards[0];
  const { data, error, refetch } = useQuery({
    ...activityOf(useOperator(), board?.board ?? '', hours),
    enabled: board !== undefined,
    placeholderData: keepPreviousData,
  });
  if (!board) return null;

  function chooseBoard(slug: string): void {
    void navigate({ to: '/console/activity', search: { board: slug === config.board ? undefined : slug, period: undefined } });
  }

  return (
    <div className="space-y-6">
      <div className="grid grid-cols-2 gap-3 sm:max-w-md">
        <Select label="Board" value={board.board} options={boards.map(({ board: slug, name }) => [slug, name] as const)} choose={chooseBoard} />
        <Select label="Time" value={hours} options={HOURS} choose={setHours} />
      </div>
      {data ? (
        <Report board={board} activity={data} />
      ) : error ? (
        <ErrorNotice error={error} retry={refetch} />
      ) : (
        <SkeletonRows rows={6} label="Loading the activity" />
      )}
    </div>
  );
}

function Report({ board, activity }: { board: Board; activity: BoardActivity }) {
  const { full } = scoreFormat(board);
  return (
    <>
      <ActivityCharts activity={activity} />
      <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-2">
        <Card id="suspicious" title="Suspicious scores" note="Of the selected time, the clearest first. A reason is no proof.">
          {activity.suspicious.length === 0 ? (
            <Notice title="No suspicious scores">No score is far above the others, near a limit, or one of very many.</Notice>
          ) : (
            <ScoreList scores={activity.suspicious} format={full} note={whySuspicious} label="Suspicious scores" />
          )}
        </Card>
        <Card id="newest" title="Newest scores">
          {activity.newest.length === 0 ? (
            <Notice title="No scores">Nobody has submitted in the selected time.</Notice>
          ) : (
            <ScoreList scores={activity.newest} format={full} label="Newest scores" />
          )}
        </Card>
      </div>
    </>
  );
}
