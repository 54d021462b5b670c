import { useParams } from '@tanstack/react-router';

import { parseUserId } from '../search/suggestions';
import { LostPage } from '../shell/LostPage';
import { PlayerDetails } from './PlayerDetails';

export function PlayerPage() {
  const userId = parseUserId(useParams({ from: '/player/$id' }).id);
  return userId === null ? <LostPage /> : <PlayerDetails key={userId} userId={userId} />;
}
