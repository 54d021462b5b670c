import { useMutation, useQueryClient } from '@tanstack/react-query';

import { useSurroundings } from '../api/context';
import { inWords } from '../api/errors';
import { boardPath } from '../api/reads';
import type { Receipt } from '../api/types';
import { BoardHead, BoardName } from '../ladder/BoardHead';
import { useBoardName } from '../ladder/useBoard';
import { Neighbours } from '../player/Neighbours';
import { Notice } from '../ui/Notice';
import { usePageTitle } from '../ui/usePageTitle';
import { ExchangeView } from './ExchangeView';
import { Moved } from './Moved';
import { SubmitForm } from './SubmitForm';
import type { Submission } from './draft';
import { rankOf } from './rankOf';

interface Sent {
  readonly submission: Submission;
  readonly key: string;
}

/** Trial of the API: submit a score, see request and response, and watch the board. */
export function SubmitPage() {
  const surroundings = useSurroundings();
  const cache = useQueryClient();
  const path = boardPath(surroundings, 'scores');
  const board = useBoardName();
  usePageTitle('Submit a score', board);

  const sending = useMutation({
    mutationFn: async ({ submission, key }: Sent) => {
      const before = await rankOf(submission.user_id, surroundings, cache);
      return { before, exchange: await surroundings.client.exchange(path, submission, key) };
    },
    onSuccess: () => cache.invalidateQueries(),
    gcTime: 0, // do not cache: the mutation's variables contain the key
  });
  const sent = sending.variables?.submission;
  const { before, exchange } = sending.data ?? {};
  const accepted = exchange?.status === 200;

  return (
    <div className="space-y-6 sm:space-y-8">
      <BoardHead>
        <BoardName name={board} />
        <h1 className="text-3xl font-bold tracking-tight sm:text-4xl">Submit a score</h1>
        <p className="mt-2 max-w-prose text-muted">
          Send a score to the API. The page shows the request, the reply and the player’s neighbours.
        </p>
      </BoardHead>
      <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-2">
        <SubmitForm pending={sending.isPending} send={(submission, key) => sending.mutate({ submission, key })} />
        <section aria-label="Request and reply" className="card px-4 py-5 sm:px-6">
          <p role="status" className="sr-only">
            {exchange && `The server replied with status ${exchange.status}.`}
          </p>
          {sending.error && (
            <p role="alert" className="mb-4 text-sm text-down">
              {inWords(sending.error)} Send it again: it counts once.
            </p>
          )}
          {sent ? (
            <ExchangeView path={path} sent={sent} reply={exchange ?? null} />
          ) : (
            <Notice title="Nothing sent yet">Submit a score to see the request and the reply.</Notice>
          )}
        </section>
        {sent && accepted && (
          <div className="space-y-4 lg:col-span-2">
            <Moved before={before ?? null} receipt={exchange.body as Receipt} />
            <Neighbours key={sent.user_id} userId={sent.user_id} />
          </div>
        )}
      </div>
    </div>
  );
}
