import { infiniteQueryOptions } from '@tanstack/react-query';

import { OPERATORS } from '../../api/DeploymentProvider';
import type { Client } from '../../api/client';
import { Refused } from '../../api/errors';
import { withQuery } from '../../api/reads';
import type { History, PlayerExport } from '../../api/types';
import type { Score } from '../../format/scores';
import type { Request } from './acts';

/** Submission of a player to a board. */
export interface Run {
  readonly id: string;
  readonly at: string;
  readonly score: Score;
  /** True if a moderator removed the run: it does not count. */
  readonly removed: boolean;
}

/** Player on a board. */
export interface Subject {
  readonly board: string;
  readonly userId: number;
}

const PER_PAGE = 20;
const NONE: History = { board: '', user_id: 0, points: [], periods: [], previous: null };

/** Query of the runs that count, page by page, newest page first. */
export function countingRuns(operator: Client, { board, userId }: Subject) {
  return infiniteQueryOptions({
    queryKey: [OPERATORS, 'runs', board, userId],
    queryFn: async ({ signal, pageParam }) => {
      const query = { limit: PER_PAGE, periods: 0, ...pageParam };
      try {
        return await operator.get<History>(withQuery(`/api/boards/${board}/history/${userId}`, query), signal);
      } catch (error) {
        if (error instanceof Refused && error.code === 'not_ranked') return NONE;
        throw error;
      }
    },
    initialPageParam: {},
    getNextPageParam: ({ previous }) => (previous === null ? undefined : { cursor: previous }),
  });
}

/** Return the submissions in these pages of a player's history, newest first. */
export function runsIn(pages: readonly History[]): Run[] {
  return pages.flatMap(({ points }) =>
    [...points].reverse().map(({ submission_id: id, at, submitted: score }) => ({ id, at, score, removed: false })),
  );
}

/** Return the runs that moderators removed from the board. */
export async function removedRuns(operator: Client, { board, userId }: Subject): Promise<Run[]> {
  const { events } = await operator.get<PlayerExport>(`/api/users/${userId}/export`);
  return events
    .filter((event) => event.board === board && !event.counts)
    .map(({ submission_id: id, achieved_at: at, score }) => ({ id, at, score, removed: true }));
}

/** Return the runs that count and the removed runs, newest first. A run keeps its position when it is removed. */
export function withRemoved(counting: readonly Run[], removed: readonly Run[]): Run[] {
  const ids = new Set(removed.map(({ id }) => id));
  return [...counting.filter(({ id }) => !ids.has(id)), ...removed].sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
}

export function removalOf({ board, userId }: Subject, run: Pick<Run, 'id'>, reason: string): Request {
  return { method: 'DELETE', path: withQuery(`/api/boards/${board}/entries/${userId}/submissions/${run.id}`, { reason }) };
}

export function restorationOf({ board, userId }: Subject, run: Pick<Run, 'id'>, reason: string): Request {
  return { method: 'POST', path: `/api/boards/${board}/entries/${userId}/submissions/${run.id}/restore`, body: { reason } };
}
