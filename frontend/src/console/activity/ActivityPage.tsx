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
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { allBoards } from '../reads';
import { ActivityCharts } from './ActivityCharts';
import { ScoreList } from './ScoreList';
import { HOURS, activityOf, whySuspicious, type Hours } from './reads';

/** Activity of a board over the last hours, as the server stores it, with the newest and the most suspicious scores. */
export function ActivityPage() {
  const words = useConsoleText();
  const { data, error, refetch } = useQuery(allBoards(useOperator()));
  if (data) return <Activity boards={data.boards} />;
  return error ? <ErrorNotice error={error} retry={refetch} /> : <SkeletonRows rows={6} label={words.loadingBoards} />;
}

function Activity({ boards }: { boards: readonly Board[] }) {
  const words = useConsoleText();
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
        <Select label={words.board} value={board.board} options={boards.map(({ board: slug, name }) => [slug, name] as const)} choose={chooseBoard} />
        <Select label={words.time} value={hours} options={HOURS.map((count) => [count, words.activity.hours[count]] as const)} choose={setHours} />
      </div>
      {data ? (
        <Report board={board} activity={data} />
      ) : error ? (
        <ErrorNotice error={error} retry={refetch} />
      ) : (
        <SkeletonRows rows={6} label={words.activity.loading} />
      )}
    </div>
  );
}

function Report({ board, activity }: { board: Board; activity: BoardActivity }) {
  const words = useConsoleText();
  const { full } = scoreFormat(board);
  return (
    <>
      <ActivityCharts activity={activity} />
      <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-2">
        <Card id="suspicious" title={words.activity.suspicious} note={words.activity.suspiciousNote}>
          {activity.suspicious.length === 0 ? (
            <Notice title={words.activity.noSuspicious}>{words.activity.noSuspiciousHint}</Notice>
          ) : (
            <ScoreList scores={activity.suspicious} format={full} note={(suspect) => whySuspicious(suspect, words)} label={words.activity.suspicious} />
          )}
        </Card>
        <Card id="newest" title={words.activity.newest}>
          {activity.newest.length === 0 ? (
            <Notice title={words.activity.noScores}>{words.activity.noScoresHint}</Notice>
          ) : (
            <ScoreList scores={activity.newest} format={full} label={words.activity.newest} />
          )}
        </Card>
      </div>
    </>
  );
}
