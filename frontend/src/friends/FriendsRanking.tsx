import { keepPreviousData, useQuery } from '@tanstack/react-query';

import { useSurroundings } from '../api/context';
import { lookup } from '../api/reads';
import { formatNumber } from '../format/numbers';
import { SecondScore } from '../ladder/SecondScore';
import { useScores } from '../ladder/scores';
import { Ago } from '../ui/Ago';
import { Icon } from '../ui/Icon';
import { ErrorNotice, Notice } from '../ui/Notice';
import { PlayerName, nameOf } from '../ui/PlayerName';
import { SkeletonRows } from '../ui/Skeleton';
import { Table } from '../ui/Table';
import { useSlides } from '../ui/useSlides';
import { withoutFriend, type Friend } from './friendsList';
import { saveFriends } from './useFriends';

const COLUMNS = [
  {
    label: (
      <>
        Rank<span className="sr-only"> among friends</span>
      </>
    ),
    className: 'w-12 sm:w-20',
  },
  { label: 'Player' },
  { label: 'Score', className: 'w-26 text-right sm:w-36' },
  { label: 'Global rank', className: 'hidden w-36 text-right sm:table-cell' },
  { label: <span className="sr-only">Remove</span>, className: 'w-14 sm:w-20' },
];

/** Ranks of friends, among themselves and on the board. */
export function FriendsRanking({ friends }: { friends: readonly Friend[] }) {
  const ids = friends.map((friend) => friend.id);
  const { data, error, refetch } = useQuery({
    ...lookup(useSurroundings(), ids),
    enabled: ids.length > 0,
    placeholderData: keepPreviousData,
  });
  const scores = useScores();
  const list = useSlides<HTMLTableSectionElement>(data);

  if (friends.length === 0) {
    return (
      <div className="card">
        <Notice title="No friends yet">Add friends by name or id to compare scores.</Notice>
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
      <Table caption="Friends by rank" columns={COLUMNS} className="table-fixed">
        <tbody ref={list}>
          {data.entries
            .filter((entry) => listed.has(entry.user_id))
            .map((entry) => (
              <tr key={entry.user_id} data-slide={entry.user_id} className="h-16">
                <td className="text-lg font-bold">{formatNumber(entry.rank_among)}</td>
                <th scope="row">
                  <PlayerName player={entry} className="font-medium" />
                  <span className="block truncate text-xs text-muted">
                    <span className="sm:hidden">Global rank {formatNumber(entry.rank)}</span>
                    <Ago time={entry.achieved_at} short className="hidden sm:inline" />
                  </span>
                </th>
                <td className="text-right font-semibold">
                  {scores.full(entry.score)}
                  <SecondScore of={entry} />
                </td>
                <td className="hidden text-right text-muted sm:table-cell">{formatNumber(entry.rank)}</td>
                <td className="pr-2 text-right">
                  <Remove friends={friends} id={entry.user_id} name={nameOf(entry)} />
                </td>
              </tr>
            ))}
          {unranked.map((friend) => (
            <tr key={friend.id} className="h-16">
              <td className="text-muted">–</td>
              <th scope="row">
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
      </Table>
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
