import { useQuery } from '@tanstack/react-query';

import { useSurroundings } from '../api/context';
import { shownAt } from '../api/reads';
import type { Found } from '../api/types';
import { MovementBadge } from '../board/MovementBadge';
import { movementSince } from '../board/movement';
import { formatNumber } from '../format/numbers';
import { useText } from '../i18n/text';
import { SecondScore } from '../ladder/SecondScore';
import { useScores } from '../ladder/scores';
import { useMe } from '../me/me';
import { You } from '../me/You';
import type { Since } from '../moments/search';
import { useMoments } from '../moments/useMoments';
import { Ago } from '../ui/Ago';
import { Avatar } from '../ui/Avatar';
import { Icon } from '../ui/Icon';
import { ErrorNotice, Notice, OfflineNotice } from '../ui/Notice';
import { PlayerName, nameOf } from '../ui/PlayerName';
import { SkeletonRows } from '../ui/Skeleton';
import { Table } from '../ui/Table';
import { useSlides } from '../ui/useSlides';
import { withFriends, type Friend } from './friendsList';
import { friendRanks } from './keptFriends';
import { useSession } from './session';
import { useFriendTexts } from './texts';
import type { FriendList } from './useFriendList';

/** Ranks of friends and the reader, among themselves and on the board. */
export function FriendsRanking({ list }: { list: FriendList }) {
  const words = useText();
  const chosen = useMe();
  const session = useSession();
  const { friends, most } = list;
  const me = session === null || session.id === chosen?.id ? chosen : { id: session.id, name: `#${session.id}` };
  const compared = me ? withFriends(friends, [me], most + 1) : friends;
  const ids = compared.map((friend) => friend.id);
  const moments = useMoments();
  const { data, error, fetchStatus, refetch } = useQuery({
    ...friendRanks(useSurroundings(), session, ids, moments),
    enabled: friends.length > 0,
    // Keep the ranks in view until they are loaded with other friends, but not ranks of another moment.
    placeholderData: (ranks, previous) => (previous && shownAt(previous.queryKey) === moments.at ? ranks : undefined),
  });
  const columns = useColumns();
  const rows = useSlides<HTMLTableSectionElement>(data);

  if (friends.length === 0 && !list.isPending) {
    return (
      <div className="card">
        <Notice title={words.noFriends}>{words.noFriendsHint}</Notice>
      </div>
    );
  }
  if (!data) {
    const isPaused = fetchStatus === 'paused';
    const waiting = isPaused ? <OfflineNotice /> : <SkeletonRows rows={5} label={words.loadingFriends} />;
    return <div className="card">{error ? <ErrorNotice error={error} retry={refetch} /> : waiting}</div>;
  }
  const listed = new Set(ids);
  const unranked = compared.filter((friend) => data.missing.includes(friend.id));
  return (
    <div className="card overflow-hidden">
      <Table caption={words.friendsByRank} columns={columns} className="table-fixed">
        <tbody ref={rows}>
          {data.entries
            .filter((entry) => listed.has(entry.user_id))
            .map((entry) => (
              <Ranked key={entry.user_id} entry={entry} list={list} since={moments.since} isMe={entry.user_id === me?.id} />
            ))}
          {unranked.map((friend) => (
            <Missing key={friend.id} friend={friend} list={list} areMutual={data.areMutual} isMe={friend.id === me?.id} />
          ))}
        </tbody>
      </Table>
      <Gap entries={data.entries.filter((entry) => listed.has(entry.user_id))} me={me?.id} />
    </div>
  );
}

/** Distance from the reader to the nearest friend with a better rank. Entries are in the order of ranks. */
function Gap({ entries, me }: { entries: readonly Found[]; me: number | undefined }) {
  const { behind } = useFriendTexts();
  const scores = useScores();
  const mine = entries.find((entry) => entry.user_id === me);
  const ahead = mine && entries.findLast((entry) => entry.rank < mine.rank);
  if (!ahead) return null;
  const points = BigInt(ahead.score) - BigInt(mine.score);
  // Long scores are texts, because numbers of JavaScript do not contain them exactly.
  const distance = String(points < 0n ? -points : points);
  return (
    <p className="border-t border-line px-4 py-3 text-sm text-muted sm:px-6">
      {behind(scores.full(typeof mine.score === 'string' ? distance : Number(distance)), nameOf(ahead))}
    </p>
  );
}

function useColumns() {
  const words = useText();
  return [
    {
      label: (
        <>
          {words.rank}
          <span className="sr-only"> {words.rankAmongFriends}</span>
        </>
      ),
      className: 'w-14 sm:w-20',
    },
    { label: words.playerLabel },
    { label: words.score, className: 'w-26 text-right sm:w-36' },
    { label: words.globalRank, className: 'hidden w-36 text-right sm:table-cell' },
    { label: <span className="sr-only">{words.remove}</span>, className: 'w-14 sm:w-20' },
  ];
}

interface RowProps {
  readonly list: FriendList;
  readonly isMe: boolean;
}

interface RankedProps extends RowProps {
  readonly entry: Found;
  readonly since: Since | undefined;
}

function Ranked({ entry, list, since, isMe }: RankedProps) {
  const words = useText();
  const scores = useScores();
  const name = nameOf(entry);
  const movement = since && <MovementBadge movement={movementSince(entry)} since={since} />;
  return (
    <tr data-slide={entry.user_id} aria-current={isMe ? 'true' : undefined} className={`h-16 ${isMe ? 'bg-wash' : ''}`}>
      <td className="text-lg font-bold">{formatNumber(entry.rank_among)}</td>
      <th scope="row">
        <div className="flex items-center gap-3">
          <Avatar id={entry.user_id} name={name} className="size-9 text-xs max-sm:hidden" />
          <div className="min-w-0">
            <div className="flex items-center gap-2">
              <PlayerName player={entry} className="font-medium" />
              {isMe && <You />}
            </div>
            <span className="block truncate text-xs text-muted">
              <span className="sm:hidden">
                {words.globalRankOf(entry.rank)} {movement}
              </span>
              <Ago time={entry.achieved_at} short className="hidden sm:inline" />
            </span>
          </div>
        </div>
      </th>
      <td className="text-right font-semibold">
        {scores.full(entry.score)}
        <SecondScore of={entry} />
      </td>
      <td className="hidden text-right text-muted sm:table-cell">
        {movement} {formatNumber(entry.rank)}
      </td>
      <td className="pr-2 text-right">
        <Remove list={list} id={entry.user_id} name={name} />
      </td>
    </tr>
  );
}

interface MissingProps extends RowProps {
  readonly friend: Friend;
  readonly areMutual: boolean | undefined;
}

function Missing({ friend, list, areMutual, isMe }: MissingProps) {
  const words = useText();
  const { doesNotFollow } = useFriendTexts();
  return (
    <tr className={`h-16 ${isMe ? 'bg-wash' : ''}`}>
      <td className="text-muted">–</td>
      <th scope="row">
        <div className="flex items-center gap-2">
          <PlayerName player={{ user_id: friend.id, username: friend.name }} className="font-medium" />
          {isMe && <You />}
        </div>
      </th>
      <td className="text-right text-sm text-muted">{areMutual && friend.follows === false ? doesNotFollow : words.unranked}</td>
      <td className="hidden sm:table-cell" />
      <td className="pr-2 text-right">
        <Remove list={list} id={friend.id} name={friend.name} />
      </td>
    </tr>
  );
}

function Remove({ list, id, name }: { list: FriendList; id: number; name: string }) {
  const words = useText();
  if (!list.friends.some((friend) => friend.id === id)) return null;
  return (
    <button
      type="button"
      aria-label={words.removeFriend(name)}
      title={words.removeFriend(name)}
      className="icon-button inline-grid"
      onClick={() => list.remove(id)}
    >
      <Icon name="close" className="size-4" />
    </button>
  );
}
