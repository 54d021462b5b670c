import type { UseQueryResult } from '@tanstack/react-query';

import type { Listing } from '../api/types';
import { ErrorNotice, Notice } from '../ui/Notice';
import { Skeleton, SkeletonRows } from '../ui/Skeleton';
import { useSlides } from '../ui/useSlides';
import { EntryRow } from './EntryRow';
import { Podium } from './Podium';
import { announcement } from './movement';
import { useMovements } from './useMovements';

const ON_PODIUM = 3;

/** Current leaders: the podium and the next entries. */
export function LiveTop({ leaders }: { leaders: UseQueryResult<Listing> }) {
  const { data, error, refetch } = leaders;
  const entries = data?.entries;
  const moved = useMovements(entries);
  const container = useSlides<HTMLDivElement>(entries);

  if (!entries) return error ? <ErrorNotice error={error} retry={refetch} /> : <Loading />;
  if (entries.length === 0) {
    return <Notice title="No scores yet">The first submitted score leads this board.</Notice>;
  }
  const rest = entries.slice(ON_PODIUM);
  return (
    <div ref={container} className="grid grid-cols-1 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
      <div className="px-3 pt-8 sm:px-8">
        <Podium entries={entries} moved={moved} />
      </div>
      {rest.length > 0 && (
        <ol
          start={ON_PODIUM + 1}
          aria-label="Next on the board"
          className="divide-y divide-line border-t border-line lg:border-t-0 lg:border-l"
        >
          {rest.map((entry) => (
            <li key={entry.user_id} data-slide={entry.user_id}>
              <EntryRow entry={entry} movement={moved.get(entry.user_id)} />
            </li>
          ))}
        </ol>
      )}
      <p role="status" className="sr-only">
        {announcement(entries, moved)}
      </p>
    </div>
  );
}

function Loading() {
  return (
    <div className="grid grid-cols-1 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
      <div className="grid grid-cols-3 items-end gap-4 px-8 pt-8">
        <Skeleton className="h-28 rounded-b-none" />
        <Skeleton className="h-40 rounded-b-none" />
        <Skeleton className="h-20 rounded-b-none" />
      </div>
      <SkeletonRows rows={5} label="Loading the leaders" />
    </div>
  );
}
