import type { Player } from '../api/types';
import { formatNumber, formatPercent } from '../format/numbers';
import { MovementBadge } from '../board/MovementBadge';
import { movementSince } from '../board/movement';
import { ModerateLink } from '../console/moderation/ModerateLink';
import { FriendButton } from '../friends/FriendButton';
import { useText } from '../i18n/text';
import { useScores } from '../ladder/scores';
import { TierBadge } from '../ladder/TierBadge';
import { useBoard } from '../ladder/useBoard';
import { MeButton } from '../me/MeButton';
import { useMoments } from '../moments/useMoments';
import { RanksIn } from '../segments/RanksIn';
import { Ago } from '../ui/Ago';
import { Avatar } from '../ui/Avatar';
import { nameOf } from '../ui/PlayerName';
import { Figure } from './Figure';
import { ShareButton } from './ShareButton';

export function PlayerHead({ player }: { player: Player }) {
  const name = nameOf(player);
  const isTeam = Boolean(useBoard()?.team);
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-4">
        <div className="flex min-w-0 items-center gap-3 sm:gap-4">
          <Avatar id={player.user_id} name={name} className="size-12 text-base sm:size-14 sm:text-lg" />
          <div className="min-w-0">
            <h1 dir="auto" title={name} className="truncate text-2xl font-bold tracking-tight sm:text-4xl">
              {name}
            </h1>
            <p className="text-sm text-muted tabular-nums">#{player.user_id}</p>
            <Tier player={player} />
          </div>
        </div>
        <div className="flex flex-wrap gap-2">
          {!isTeam && (
            <>
              <MeButton player={{ id: player.user_id, name }} />
              <FriendButton friend={{ id: player.user_id, name }} />
            </>
          )}
          <ShareButton />
          <ModerateLink player={player} />
        </div>
      </div>
      <Figures player={player} />
    </>
  );
}

function Tier({ player: { tier, next_tier: next } }: { player: Player }) {
  const words = useText();
  const scores = useScores();
  if (!tier && !next) return null;
  return (
    <p className="mt-1 flex flex-wrap items-center gap-2 text-sm text-muted">
      <TierBadge tier={tier} />
      {next && words.toTier(next.name, next.points ? scores.full(next.points) : null, next.places ?? 0)}
    </p>
  );
}

function Figures({ player }: { player: Player }) {
  const words = useText();
  const scores = useScores();
  const { since } = useMoments();
  return (
    <dl className="card flex flex-wrap gap-x-4 gap-y-5 px-4 py-5 sm:px-6">
      <Figure
        label={words.rank}
        value={formatNumber(player.rank)}
        detail={
          <>
            {words.of(player.total)} {since && <MovementBadge movement={movementSince(player)} since={since} />}
          </>
        }
      />
      {player.rank_in && <RanksIn ranks={player.rank_in} />}
      <Figure
        label={scores.unit ? words.scoreIn(scores.unit) : words.score}
        value={scores.full(player.score)}
        detail={
          <>
            {scores.second && `${scores.second(player)}, `}
            <Ago time={player.achieved_at} />
          </>
        }
      />
      {/* Without other players, the percentile has no meaning. */}
      {player.total > 1 && <Figure label={words.aheadOf} value={formatPercent(player.percentile)} detail={words.otherPlayers} />}
      <Figure label={words.playsLabel} value={formatNumber(player.submissions)} detail={words.inAll} />
    </dl>
  );
}
