import { keepPreviousData, queryOptions } from '@tanstack/react-query';

import { OPERATORS } from '../../api/DeploymentProvider';
import type { Client } from '../../api/client';
import { withQuery } from '../../api/reads';
import type { Entry, Lookup, Page, PageQuery, User } from '../../api/types';
import { matchingPlayers } from '../reads';

export const ENTRIES_PER_PAGE = 20;

/** Player in the table of a board's entries. `entry` is the entry in the current period, null if there is none. */
export interface ListedPlayer {
  readonly user_id: number;
  readonly username: string | null;
  readonly entry: Entry | null;
}

/** Players to list, and the number of entries of the board. */
export interface PlayerTable {
  readonly players: readonly ListedPlayer[];
  readonly total: number;
}

/**
 * Query of the players in the table. With a search text, these are the players that match it. Without one, these are
 * the players of the entries from a position on, in the order of their ranks.
 */
export function tableOf(operator: Client, board: string, position: number, text: string) {
  return queryOptions({
    queryKey: [OPERATORS, 'entries', board, text === '' ? position : text],
    queryFn: ({ signal }) => (text === '' ? pageFrom(operator, board, position, signal) : matchesOn(operator, board, text, signal)),
    placeholderData: keepPreviousData,
  });
}

async function pageFrom(operator: Client, board: string, position: number, signal: AbortSignal): Promise<PlayerTable> {
  const query = { rank: position, limit: ENTRIES_PER_PAGE } satisfies PageQuery;
  const { entries, total } = await operator.get<Page>(withQuery(`/api/boards/${board}/page`, query), signal);
  return { players: entries.map(asListed), total };
}

async function matchesOn(operator: Client, board: string, text: string, signal: AbortSignal): Promise<PlayerTable> {
  const players = await matchingPlayers(operator, text, signal);
  const question = { user_ids: players.map((player) => player.user_id) };
  const { entries, total } = await operator.query<Lookup>(`/api/boards/${board}/ranks/lookup`, question, signal);
  return { players: [...entries.map(asListed), ...withoutEntry(players, entries)], total };
}

function asListed(entry: Entry): ListedPlayer {
  return { user_id: entry.user_id, username: entry.username, entry };
}

function withoutEntry(players: readonly User[], entries: readonly Entry[]): ListedPlayer[] {
  const ranked = new Set(entries.map((entry) => entry.user_id));
  return players.filter((player) => !ranked.has(player.user_id)).map(({ user_id, username }) => ({ user_id, username, entry: null }));
}
