import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';

import { useSurroundings } from '../api/context';
import { Refused, inWords } from '../api/errors';
import { POLL_MS, boardPath } from '../api/reads';
import { serverAhead } from '../api/serverClock';
import type { Entrant, Tournament } from '../api/types';
import { formatLeft } from '../format/countdown';
import { useBoard } from '../ladder/useBoard';
import { useMe, type Me } from '../me/me';
import { Field } from '../ui/Field';
import { useNow } from '../ui/useNow';
import { BracketRanking } from './BracketRanking';
import { occurrenceQuery } from './occurrence';
import { useTournamentTexts } from './texts';

/** State of the board's tournament: countdown, entrants, the reader's attempts, and joining. */
export function TournamentPanel() {
  const around = useSurroundings();
  const words = useTournamentTexts();
  const now = useNow();
  const me = useMe();
  const { data } = useQuery({
    queryKey: ['tournament', around.ladder],
    queryFn: async ({ signal }) => {
      const tournament = await around.client.get<Tournament>(boardPath(around, 'tournament', occurrenceQuery(around)), signal);
      // Countdowns use the clock of the server, because the reader's clock may be wrong.
      return { tournament, ahead: serverAhead(tournament) };
    },
    refetchInterval: POLL_MS,
  });
  if (!data) return null;
  const { tournament, ahead } = data;
  return (
    <section aria-label={words.tournament} className="card flex flex-wrap items-center justify-between gap-x-6 gap-y-3 px-4 py-4 sm:px-6">
      <div>
        <p className="font-semibold">
          {words.tournament}: {words.states[tournament.state]}
        </p>
        <p className="text-sm text-muted">{[countdown(tournament, now + ahead, words), entrants(tournament, words)].filter(Boolean).join(', ')}</p>
      </div>
      {me && <Mine key={me.id} me={me} tournament={tournament} now={now + ahead} />}
    </section>
  );
}

type Words = ReturnType<typeof useTournamentTexts>;

function countdown({ state, starts_at, ends_at, next_starts_at }: Tournament, now: number, words: Words): string {
  const left = (time: string) => formatLeft(Date.parse(time) - now);
  if (state === 'upcoming') return words.startsIn(left(starts_at));
  if (state === 'open') return words.endsIn(left(ends_at));
  return next_starts_at !== null && Date.parse(next_starts_at) > now ? words.nextIn(left(next_starts_at)) : '';
}

function entrants({ entrants: count, max_entrants: most }: Tournament, words: Words): string {
  return words.entrants(count, most);
}

/** The reader's attempts, or the form to join. */
function Mine({ me, tournament, now }: { me: Me; tournament: Tournament; now: number }) {
  const around = useSurroundings();
  const words = useTournamentTexts();
  const board = useBoard();
  const { data: entrant, error } = useQuery({
    queryKey: ['entrant', around.ladder, me.id],
    queryFn: ({ signal }) => around.client.get<Entrant>(boardPath(around, `tournament/entrants/${me.id}`, occurrenceQuery(around)), signal),
    refetchInterval: POLL_MS,
  });
  if (entrant && !(error instanceof Refused)) {
    const window = entrant.window_ends_at === null ? null : Date.parse(entrant.window_ends_at) - now;
    return (
      <>
        <p className="text-sm">
          {words.joined} {entrant.attempts_left !== null && `${words.attemptsLeft(entrant.attempts_left)}.`}{' '}
          {window !== null && window > 0 && words.windowEnds(formatLeft(window))}
        </p>
        {entrant.bracket !== null && <BracketRanking number={entrant.bracket} />}
      </>
    );
  }
  const isFull = tournament.max_entrants !== null && tournament.entrants >= tournament.max_entrants;
  const isJoinable = (tournament.state === 'upcoming' || tournament.state === 'open') && !isFull && board?.open_to_players;
  return error && isJoinable ? <Join me={me} /> : null;
}

/** Form to join with a player token. */
function Join({ me }: { me: Me }) {
  const around = useSurroundings();
  const words = useTournamentTexts();
  const cache = useQueryClient();
  const [token, setToken] = useState<string | null>(null);
  const joining = useMutation({
    mutationFn: (key: string) =>
      around.client.withKey(key).change<Entrant>('PUT', boardPath(around, `tournament/entrants/${me.id}`, occurrenceQuery(around))),
    onSuccess: () => cache.invalidateQueries(),
    gcTime: 0, // do not cache: the mutation's variables contain the token
  });
  if (token === null) {
    return (
      <button type="button" className="button button-primary" onClick={() => setToken('')}>
        {words.join}
      </button>
    );
  }
  return (
    <form
      className="w-full sm:w-80"
      onSubmit={(event: SyntheticEvent) => {
        event.preventDefault();
        if (token.trim() !== '') joining.mutate(token.trim());
      }}
    >
      <Field
        label={words.token}
        type="password"
        value={token}
        flaw={joining.error ? inWords(joining.error) : undefined}
        help={words.tokenHelp}
        onChange={(event) => setToken(event.currentTarget.value)}
        beside={
          <button type="submit" disabled={joining.isPending} className="button button-primary">
            {words.join}
          </button>
        }
      />
    </form>
  );
}
