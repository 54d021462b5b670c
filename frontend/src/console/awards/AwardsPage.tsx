import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Board } from '../../api/types';
import { formatPeriod } from '../../format/periods';
import { Card } from '../../ui/Card';
import { ErrorNotice, Notice } from '../../ui/Notice';
import { Select } from '../../ui/Select';
import { SkeletonRows } from '../../ui/Skeleton';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { allBoards } from '../reads';
import { AwardChanges } from './AwardChanges';
import { AwardTable } from './AwardTable';
import { pastPeriods } from './reads';

/** Awards of a settled period: the players who earned them, their claims, and the changes after moderation. */
export function AwardsPage() {
  const words = useConsoleText();
  const { data, error, refetch } = useQuery(allBoards(useOperator()));
  const rewarding = data?.boards.filter((board) => board.rewards);
  return (
    <div className="space-y-6">
      {rewarding ? (
        rewarding.length > 0 ? (
          <AwardsOf boards={rewarding} />
        ) : (
          <Card id="awards" title={words.tabs.awards}>
            <Notice title={words.awards.noBoards}>{words.awards.noBoardsHint}</Notice>
          </Card>
        )
      ) : error ? (
        <ErrorNotice error={error} retry={refetch} />
      ) : (
        <SkeletonRows rows={6} label={words.loadingBoards} />
      )}
    </div>
  );
}

function AwardsOf({ boards }: { boards: readonly Board[] }) {
  const words = useConsoleText();
  const [slug, setSlug] = useState(boards[0]?.board ?? '');
  const [chosen, setChosen] = useState('');
  const board = boards.find((candidate) => candidate.board === slug) ?? boards[0];
  const { data: periods, error, refetch } = useQuery({
    ...pastPeriods(useOperator(), board?.board ?? '', board?.rewards?.period ?? ''),
    enabled: board !== undefined,
  });
  if (!board) return null;
  const period = periods?.find((candidate) => candidate.period === chosen) ?? periods?.[0];

  return (
    <>
      <div className="grid grid-cols-1 gap-4 sm:max-w-2xl sm:grid-cols-2">
        <Select<string> label={words.board} value={board.board} options={boards.map(({ board: name, name: label }) => [name, label] as const)} choose={setSlug} />
        {period && (
          <Select<string>
            label={words.awards.period}
            value={period.period}
            options={(periods ?? []).map((bounds) => [bounds.period, formatPeriod(bounds, board.time_zone)] as const)}
            choose={setChosen}
          />
        )}
      </div>
      {period ? (
        <>
          <AwardTable key={`${board.board} ${period.period}`} board={board.board} period={period.period} />
          <AwardChanges board={board.board} period={period.period} />
        </>
      ) : (
        <Card id="awards" title={words.tabs.awards}>
          {periods ? (
            <Notice title={words.awards.noPeriods}>{words.awards.noPeriodsHint}</Notice>
          ) : error ? (
            <ErrorNotice error={error} retry={refetch} />
          ) : (
            <SkeletonRows rows={6} label={words.awards.loading} />
          )}
        </Card>
      )}
    </>
  );
}
