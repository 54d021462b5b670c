import { useQuery } from '@tanstack/react-query';

import { useSurroundings } from '../api/context';
import { Refused } from '../api/errors';
import { player, whileCompared } from '../api/reads';
import { AwardSection } from '../awards/AwardSection';
import { useText } from '../i18n/text';
import { BoardHead, BoardName } from '../ladder/BoardHead';
import { PeriodEnd } from '../ladder/PeriodEnd';
import { useBoardName } from '../ladder/useBoard';
import { MomentSelection } from '../moments/MomentSelection';
import { useMoments } from '../moments/useMoments';
import { nameOf } from '../ui/PlayerName';
import { PlayerTeam } from '../team/PlayerTeam';
import { TeamSection } from '../team/TeamSection';
import { ErrorNotice, OfflineNotice } from '../ui/Notice';
import { Skeleton, SkeletonRows } from '../ui/Skeleton';
import { usePageTitle } from '../ui/usePageTitle';
import { History } from './History';
import { LeagueSection } from './LeagueSection';
import { Neighbours } from './Neighbours';
import { Place } from './Place';
import { PlayerHead } from './PlayerHead';
import { RankHistory } from './RankHistory';
import { RunDetails } from './RunDetails';
import { Unranked } from './Unranked';

export function PlayerDetails({ userId }: { userId: number }) {
  return (
    <div className="space-y-4 sm:space-y-6">
      <BoardHead>
        <BoardName name={useBoardName()} />
        <PeriodEnd />
      </BoardHead>
      <MomentSelection />
      <Details userId={userId} />
    </div>
  );
}

function Details({ userId }: { userId: number }) {
  const moments = useMoments();
  const query = player(useSurroundings(), userId, moments);
  const { data, error, fetchStatus, refetch } = useQuery({ ...query, placeholderData: whileCompared(query.queryKey) });
  const board = useBoardName();
  usePageTitle(data ? nameOf(data) : '', board);

  if (error instanceof Refused && error.code === 'not_ranked') return <Unranked userId={userId} />;
  if (!data && fetchStatus === 'paused') return <OfflineNotice page />;
  if (!data) return error ? <ErrorNotice error={error} retry={refetch} page /> : <Loading />;
  const isAlone = data.total === 1;
  // Teams, leagues and awards have no past moments: a page of a past moment must not show their present.
  const isPresent = moments.at === undefined;
  return (
    <>
      <PlayerHead player={data} />
      <RunDetails player={data} />
      {isPresent && (
        <>
          <PlayerTeam userId={userId} />
          <TeamSection teamId={userId} />
        </>
      )}
      {!isAlone && (
        <div className="grid grid-cols-1 gap-4 sm:gap-6 lg:grid-cols-2">
          <Place player={data} />
          <Neighbours userId={userId} />
        </div>
      )}
      {isPresent && (
        <>
          <LeagueSection userId={userId} />
          <AwardSection userId={userId} />
        </>
      )}
      <RankHistory userId={userId} />
      <History userId={userId} />
    </>
  );
}

function Loading() {
  return (
    <div className="space-y-8">
      <Skeleton className="h-10 w-64" />
      <Skeleton className="h-24" />
      <SkeletonRows rows={6} label={useText().loadingPlayer} />
    </div>
  );
}
