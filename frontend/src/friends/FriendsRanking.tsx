import { keepPreviousData, useQuery } from '@tanstack/react-query';

import { useSurroundings } from '../api/context';
import { lookup } from '../api/reads';
import { formatNumber } from '../format/numbers';
import { Ago } from '../ui/Ago';
import { Icon } from '../ui/Icon';
import { ErrorNotice, Notice } from '../ui/Notice';
import { PlayerName, nameOf } from '../ui/PlayerName';
import { SkeletonRows } from '../ui/Skeleton';
import { useSlides } from '../ui/useSlides';
import { withoutFriend, type Friend } from './friendsList';
import { saveFriends } from './useFriends';

/** How friends stand among themselves and among all. */
export function FriendsRanking({ friends }: { friends: readonly Friend[] }) {
  const ids = friends.map((friend) => friend.id);
  const { data, error, refetch } = useQuery({
    ...lookup(useSurroundings(), ids),
    enabled: ids.length > 0,
    placeholderData: keepPreviousData,
  });
  const list = useSlides<HTMLTableSectionElement>(data);

  if (friends.length === 0) {
    return (
      <div className="card">
        <Notice title="No friends here yet">Add some by name or id, and see who is ahead of whom.</Notice>
      </div>
    );
  }
  if (!data) {
    return <div className="card">{error ? <ErrorNotice error={error} retry={refetch} /> : <SkeletonRows rows={5} label="Loading your friends" />}</div>;
  }
  const listed = new Set(ids);
  const unranked = friends.filter((friend) => data.missing.includes(friend.id));
  return (
    <div className="card overflow-hidden">
      <table className="w-full table-fixed">
        <caption className="sr-only">Friends by rank</caption>
        <thead className="border-b border-line text-left text-xs text-muted">
          <tr>
            <th scope="col" className="w-14 py-3 pl-4 font-medium sm:w-20 sm:pl-6">
              Rank<span className="sr-only"> among friends</span>
            </th>
            <th scope="col" className="py-3 font-medium">
              Player
            </th>
            <th scope="col" className="w-28 py-3 text-right font-medium sm:w-36">
              Score
            </th>
            <th scope="col" className="hidden w-36 py-3 text-right font-medium sm:table-cell">
              Global rank
            </th>
            <th scope="col" className="w-12 sm:w-16">
              <span className="sr-only">Remove</span>
            </th>
          </tr>
        </thead>
        <tbody ref={list} className="divide-y divide-line">
          {data.entries
            .filter((entry) => listed.has(entry.user_id))
            .map((entry) => (
              <tr key={entry.user_id} data-slide={entry.user_id} className="h-16">
                <td className="pl-4 text-lg font-bold tabular-nums sm:pl-6">{formatNumber(entry.rank_among)}</td>
                <th scope="row" className="pr-3 text-left font-normal">
                  <PlayerName player={entry} className="font-medium" />
                  <span className="block truncate text-xs text-muted">
                    <span className="sm:hidden">Global rank {formatNumber(entry.rank)}</span>
                    <Ago time={entry.achieved_at} short className="hidden sm:inline" />
                  </span>
                </th>
                <td className="text-right font-semibold tabular-nums">{formatNumber(entry.score)}</td>
                <td className="hidden text-right text-muted tabular-nums sm:table-cell">{formatNumber(entry.rank)}</td>
                <td className="pr-2 text-right">
                  <Remove friends={friends} id={entry.user_id} name={nameOf(entry)} />
                </td>
              </tr>
            ))}
          {unranked.map((friend) => (
            <tr key={friend.id} className="h-16">
              <td className="pl-4 text-muted sm:pl-6">–</td>
              <th scope="row" className="pr-3 text-left font-normal">
                <PlayerName player={{ user_id: friend.id, username: friend.name }} className="font-medium" />
              </th>
              <td className="text-right text-sm text-muted">no score yet</td>
              <td className="hidden sm:table-cell" />
              <td className="pr-2 text-right">
                <Remove friends={friends} id={friend.id} name={friend.name} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Remove({ friends, id, name }: { friends: readonly Friend[]; id: number; name: string }) {
  return (
    <button
      type="button"
      aria-label={`Remove ${name}`}
      title={`Remove ${name}`}
      className="inline-grid size-10 place-items-center rounded-xl text-muted hover:bg-sunken hover:text-ink"
      onClick={() => saveFriends(withoutFriend(friends, id))}
    >
      <Icon name="close" className="size-4" />
    </button>
  );
}
