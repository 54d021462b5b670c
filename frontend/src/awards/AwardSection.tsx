import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { useDeployment, type Deployment } from '../api/context';
import { inWords } from '../api/errors';
import { randomId } from '../api/randomId';
import { POLL_MS } from '../api/reads';
import type { Award, Awards } from '../api/types';
import { detailsInLine } from '../format/metadata';
import { formatNumber } from '../format/numbers';
import { TokenSignIn } from '../friends/TokenSignIn';
import { saveSession, useSession, type Session } from '../friends/session';
import { boardName, useBoard, useBoards } from '../ladder/useBoard';
import { useMe } from '../me/me';
import { ErrorNotice } from '../ui/Notice';
import { periodText } from './period';
import { useAwardTexts } from './texts';

/** The reader's own awards, after a sign-in by a token. Empty on pages of other players, and without rewards. */
export function AwardSection({ userId }: { userId: number }) {
  const words = useAwardTexts();
  const me = useMe();
  const session = useSession();
  const hasRewards = Boolean(useBoard()?.rewards);
  if (session?.id === userId) return <OwnAwards session={session} />;
  return hasRewards && me?.id === userId ? <TokenSignIn key={userId} me={me} act={words.show} /> : null;
}

function awardsPath({ id }: Session, act = ''): string {
  return `/api/users/${id}/awards${act}`;
}

/** Return the client of the session. The client ends the session when the API refuses the token. */
function clientOf({ client }: Deployment, session: Session) {
  return client.withKey(session.token, () => saveSession(null));
}

function OwnAwards({ session }: { session: Session }) {
  const words = useAwardTexts();
  const deployment = useDeployment();
  const { data, error, refetch } = useQuery({
    queryKey: ['awards', session.id],
    queryFn: ({ signal }) => clientOf(deployment, session).get<Awards>(awardsPath(session), signal),
    refetchInterval: POLL_MS,
  });
  return (
    <section aria-labelledby="awards" className="card overflow-hidden">
      <h2 id="awards" className="border-b border-line px-4 py-4 text-lg font-semibold tracking-tight sm:px-6">
        {words.awards}
      </h2>
      {error && !data && <ErrorNotice error={error} retry={refetch} />}
      {data?.awards.length === 0 && <p className="px-4 py-4 text-sm text-muted sm:px-6">{words.none}</p>}
      <ul className="divide-y divide-line empty:hidden">
        {data?.awards.map((award) => (
          <AwardItem key={`${award.board} ${award.period} ${award.reward}`} award={award} session={session} />
        ))}
      </ul>
    </section>
  );
}

function AwardItem({ award, session }: { award: Award; session: Session }) {
  const words = useAwardTexts();
  const deployment = useDeployment();
  const cache = useQueryClient();
  const boards = useBoards();
  const { board: slug, period, reward, rank, payload, claim, revoked_at: revokedAt } = award;
  const board = boards?.find((candidate) => candidate.board === slug);
  // If the claim succeeded and only its answer was lost, a retry with the same id succeeds too.
  const [claimId] = useState(randomId);
  const claiming = useMutation({
    mutationFn: () =>
      clientOf(deployment, session).change<Award>('POST', awardsPath(session, '/claim'), { board: slug, period, reward, claim_id: claimId }),
    onSettled: () => cache.invalidateQueries({ queryKey: ['awards', session.id] }),
  });
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 px-4 py-3.5 sm:px-6">
      <div className="min-w-0">
        <p className={`font-medium break-words ${revokedAt === null ? '' : 'text-muted line-through'}`}>{reward}</p>
        <p className="text-sm break-words text-muted">
          {words.place(board ? boardName(board) : slug, periodText(period, board?.time_zone ?? 'UTC', words.seasonFrom), formatNumber(rank))}
          {Object.keys(payload).length > 0 && `: ${detailsInLine(payload)}`}
        </p>
        {claiming.error && (
          <p role="alert" className="text-sm text-down">
            {inWords(claiming.error)}
          </p>
        )}
      </div>
      {revokedAt !== null ? (
        <p className="text-sm text-down">{words.revoked}</p>
      ) : claim ? (
        <p className="text-sm text-up">{words.claimed}</p>
      ) : (
        <button type="button" className="button button-primary" disabled={claiming.isPending} onClick={() => claiming.mutate()}>
          {words.claim} <span className="sr-only">{reward}</span>
        </button>
      )}
    </li>
  );
}
