import type { Player } from '../api/types';
import { formatNumber, formatPercent } from '../format/numbers';
import { FriendButton } from '../friends/FriendButton';
import { useScores } from '../ladder/scores';
import { Ago } from '../ui/Ago';
import { nameOf } from '../ui/PlayerName';
import { ShareButton } from './ShareButton';

export function PlayerHead({ player }: { player: Player }) {
  const scores = useScores();
  const name = nameOf(player);
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-4">
        <div className="min-w-0">
          <h1 dir="auto" title={name} className="truncate text-3xl font-bold tracking-tight sm:text-4xl">
            {name}
          </h1>
          <p className="mt-1 text-sm text-muted tabular-nums">#{player.user_id}</p>
        </div>
        <div className="flex gap-2">
          <FriendButton friend={{ id: player.user_id, name }} />
          <ShareButton />
        </div>
      </div>
      <dl className="card grid grid-cols-2 gap-x-4 gap-y-6 px-5 py-6 sm:grid-cols-4 sm:px-8">
        <Figure label="Rank" value={formatNumber(player.rank)} detail={`of ${formatNumber(player.total)}`} />
        <Figure
          label={scores.unit ? `Score, ${scores.unit}` : 'Score'}
          value={scores.full(player.score)}
          detail={
            <>
              {scores.second && `${scores.second(player.subscore)}, `}
              <Ago time={player.achieved_at} />
            </>
          }
        />
        <Figure label="Ahead of" value={formatPercent(player.percentile)} detail="of the other players" />
        <Figure label="Submissions" value={formatNumber(player.submissions)} detail="in all" />
      </dl>
    </>
  );
}

function Figure({ label, value, detail }: { label: string; value: string; detail: React.ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="eyebrow">{label}</dt>
      <dd className="mt-1">
        <span title={value} className="block truncate text-2xl font-bold tracking-tight tabular-nums sm:text-3xl">
          {value}
        </span>
        <span className="text-sm text-muted">{detail}</span>
      </dd>
    </div>
  );
}
