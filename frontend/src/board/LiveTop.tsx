import type { UseQueryResult } from '@tanstack/react-query';

import type { Listing } from '../api/types';
import { useText } from '../i18n/text';
import { ErrorNotice, Notice, OfflineNotice } from '../ui/Notice';
import { Skeleton } from '../ui/Skeleton';
import { useSlides } from '../ui/useSlides';
import { Podium } from './Podium';
import { announcement, type Movement } from './movement';

interface Props {
  readonly leaders: UseQueryResult<Listing>;
  readonly moved: ReadonlyMap<number, Movement>;
}

/** Current leaders, on a podium. Screen readers announce the players who climb. */
export function LiveTop({ leaders, moved }: Props) {
  const words = useText();
  const { data, error, fetchStatus, refetch } = leaders;
  const entries = data?.entries;
  const container = useSlides<HTMLDivElement>(entries);

  if (!entries) {
    if (error) return <ErrorNotice error={error} retry={refetch} />;
    return fetchStatus === 'paused' ? <OfflineNotice /> : <Loading />;
  }
  if (entries.length === 0) return <Notice title={words.noScores}>{words.noScoresHint}</Notice>;
  return (
    <div ref={container} className="px-2 pt-5 sm:px-8 sm:pt-7">
      <Podium entries={entries} moved={moved} />
      <p role="status" className="sr-only">
        {announcement(entries, moved)}
      </p>
    </div>
  );
}

function Loading() {
  return (
    <div role="status" aria-label={useText().loadingLeaders} className="mx-auto grid max-w-3xl grid-cols-3 items-end gap-4 px-8 pt-7">
      <Skeleton className="h-40 rounded-b-none" />
      <Skeleton className="h-52 rounded-b-none" />
      <Skeleton className="h-32 rounded-b-none" />
    </div>
  );
}
