import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';

import { useSurroundings } from '../api/context';
import { neighbours, whileCompared } from '../api/reads';
import { EntryRow } from '../board/EntryRow';
import { useMovements } from '../board/useMovements';
import { formatNumber } from '../format/numbers';
import { useText } from '../i18n/text';
import { useMoments } from '../moments/useMoments';
import { Icon } from '../ui/Icon';
import { ErrorNotice } from '../ui/Notice';
import { SkeletonRows } from '../ui/Skeleton';
import { useSlides } from '../ui/useSlides';

const RADIUS = 4;

/** Entries directly above and below a player. */
export function Neighbours({ userId }: { userId: number }) {
  const words = useText();
  const moments = useMoments();
  const query = neighbours(useSurroundings(), userId, RADIUS, moments);
  const { data, error, refetch } = useQuery({ ...query, placeholderData: whileCompared(query.queryKey) });
  const entries = data?.entries;
  const moved = useMovements(entries, `${moments.at} ${moments.since}`);
  const list = useSlides<HTMLOListElement>(entries);
  const rankWidth = Math.max(...(entries ?? []).map(({ rank }) => formatNumber(rank).length), 1);
  const own = entries?.find((entry) => entry.user_id === userId);

  return (
    <section aria-labelledby="neighbours" className="card overflow-hidden">
      <header className="flex items-center justify-between gap-4 border-b border-line px-4 py-4 sm:px-6">
        <h2 id="neighbours" className="text-lg font-semibold tracking-tight">
          {words.neighbours}
        </h2>
        {own && (
          <Link
            to="/"
            search={{ rank: own.rank }}
            className="inline-flex items-center gap-1.5 rounded text-sm font-medium text-accent underline-offset-4 hover:underline"
          >
            {words.showInAllRanks}
            <Icon name="arrow" className="size-4" />
          </Link>
        )}
      </header>
      {entries ? (
        <ol ref={list} className="divide-y divide-line">
          {entries.map((entry) => (
            <li
              key={entry.user_id}
              data-slide={entry.user_id}
              aria-current={entry.user_id === userId ? 'true' : undefined}
            >
              <EntryRow
                entry={entry}
                rankWidth={rankWidth}
                highlighted={entry.user_id === userId}
                movement={moved.get(entry.user_id)}
                since={moments.since}
              />
            </li>
          ))}
        </ol>
      ) : error ? (
        <ErrorNotice error={error} retry={refetch} />
      ) : (
        <SkeletonRows rows={2 * RADIUS + 1} label={words.loadingNeighbours} />
      )}
    </section>
  );
}
