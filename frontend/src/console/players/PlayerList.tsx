import type { User } from '../../api/types';
import { Ago } from '../../ui/Ago';
import { Filled } from '../../ui/Filled';
import { Notice } from '../../ui/Notice';
import { nameOf, PlayerName } from '../../ui/PlayerName';
import { ActButton } from '../ActButton';
import { useConsoleText } from '../i18n/text';
import { ModerateLink } from '../moderation/ModerateLink';
import { ExportButton } from './ExportButton';

/** Action on a player that a dialog asks the operator to confirm. */
export type PlayerAct = 'rename' | 'erase';

interface Props {
  readonly players: readonly User[];
  readonly choose: (act: PlayerAct, player: User) => void;
}

/** List of players with their actions. */
export function PlayerList({ players, choose }: Props) {
  const words = useConsoleText();
  if (players.length === 0) return <Notice title={words.players.none}>{words.players.noneHint}</Notice>;
  return (
    <ul className="divide-y divide-line">
      {players.map((player) => (
        <li key={player.user_id} className="flex flex-wrap items-center gap-x-6 gap-y-3 px-4 py-4 sm:px-6">
          <div className="min-w-0 flex-1 basis-60">
            <PlayerName player={player} className="font-medium" />
            <p className="text-sm break-words text-muted">
              <Filled text={words.players.created} parts={{ id: player.user_id, ago: <Ago time={player.created_at} /> }} />
              {player.email && `, ${player.email}`}
            </p>
          </div>
          <div className="flex flex-wrap gap-2">
            <ModerateLink player={player} />
            <ActButton permission="edit_players" aria-label={words.players.rename(nameOf(player))} onClick={() => choose('rename', player)}>
              {words.players.renameButton}
            </ActButton>
            <ExportButton player={player} />
            <ActButton permission="erase_players" aria-label={words.players.erase(nameOf(player))} onClick={() => choose('erase', player)}>
              {words.players.eraseButton}
            </ActButton>
          </div>
        </li>
      ))}
    </ul>
  );
}
