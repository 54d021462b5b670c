import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';

import { useDeployment } from '../api/context';
import { Refused, inWords } from '../api/errors';
import { POLL_MS } from '../api/reads';
import { serverAhead } from '../api/serverClock';
import type { Challenge } from '../api/types';
import { EntryRow } from '../board/EntryRow';
import { formatLeft } from '../format/countdown';
import { formatNumber } from '../format/numbers';
import { useSession } from '../friends/session';
import { useMe, type Me } from '../me/me';
import { Field } from '../ui/Field';
import { Avatar } from '../ui/Avatar';
import { PlayerName, nameOf } from '../ui/PlayerName';
import { useNow } from '../ui/useNow';
import { useChallengeTexts } from './texts';
import { useInvitation } from './useInvitation';

/** Challenge of the invitation in the address: countdown, players, their scores, and joining. */
export function ChallengePanel() {
  const invitation = useInvitation() ?? '';
  const { client } = useDeployment();
  const words = useChallengeTexts();
  const now = useNow();
  const { data, error } = useQuery({
    queryKey: ['challenge', invitation],
    queryFn: async ({ signal }) => {
      const challenge = await client.get<Challenge>(challengePath(invitation), signal);
      // The countdown uses the clock of the server, because the reader's clock may be wrong.
      return { challenge, ahead: serverAhead(challenge) };
    },
    refetchInterval: POLL_MS,
  });
  if (!data) return error instanceof Refused ? <p className="card px-4 py-4">{words.missing}</p> : null;
  const { challenge, ahead } = data;
  const left = Date.parse(challenge.ends_at) - now - ahead;
  const places = words.places(challenge.players, challenge.max_players);
  return (
    <section aria-label={words.challenge} className="card px-4 py-4 sm:px-6">
      <h2 className="font-semibold">
        {words.challenge}: {words.states[challenge.state]}
      </h2>
      <p className="text-sm text-muted">{left > 0 ? `${words.endsIn(formatLeft(left))}, ${places}` : places}</p>
      <Players challenge={challenge} />
      {challenge.state === 'open' && challenge.players < challenge.max_players && <Joining challenge={challenge} />}
    </section>
  );
}

function challengePath(invitation: string): string {
  return `/api/challenges/${encodeURIComponent(invitation)}`;
}

function Players({ challenge }: { challenge: Challenge }) {
  const words = useChallengeTexts();
  const rankWidth = formatNumber(challenge.entries.length).length;
  return (
    <ol aria-label={words.challenge} className="-mx-4 my-3 divide-y divide-line border-y border-line sm:-mx-6">
      {challenge.entries.map((entry) => (
        <li key={entry.user_id}>
          <EntryRow entry={entry} rankWidth={rankWidth} />
        </li>
      ))}
      {challenge.unscored.map((player) => (
        <li key={player.user_id} className="flex h-16 items-center gap-2.5 px-3 sm:gap-4 sm:px-6">
          <span aria-hidden="true" style={{ width: `${Math.max(2, rankWidth)}ch` }} className="shrink-0 text-sm sm:text-base" />
          <Avatar id={player.user_id} name={nameOf(player)} className="size-9 text-xs max-[26rem]:hidden" />
          <div className="min-w-0 flex-1">
            <PlayerName player={player} className="font-medium" />
          </div>
          <span className="text-sm text-muted">{words.noScore}</span>
        </li>
      ))}
    </ol>
  );
}

/** Form to join, or a request to choose "This is me" first. Nothing for a reader who is a player of the challenge. */
function Joining({ challenge }: { challenge: Challenge }) {
  const words = useChallengeTexts();
  const me = useMe();
  if (me === null) return <p className="text-sm text-muted">{words.choose}</p>;
  const players = [...challenge.entries, ...challenge.unscored];
  return players.some((player) => player.user_id === me.id) ? null : <Join key={me.id} me={me} invitation={challenge.invitation} />;
}

/** Form to join with a player token: the token of the session, or a token that the reader enters. */
function Join({ me, invitation }: { me: Me; invitation: string }) {
  const { client } = useDeployment();
  const words = useChallengeTexts();
  const cache = useQueryClient();
  const session = useSession();
  const [token, setToken] = useState('');
  const isSignedIn = session?.id === me.id;
  const joining = useMutation({
    mutationFn: (key: string) => client.withKey(key).change<Challenge>('PUT', `${challengePath(invitation)}/players/${me.id}`),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['challenge', invitation] }),
    gcTime: 0, // do not cache: the mutation's variables contain the token
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const key = isSignedIn ? session.token : token.trim();
    if (key !== '') joining.mutate(key);
  };
  const button = (
    <button type="submit" disabled={joining.isPending} className="button button-primary">
      {isSignedIn ? words.joinAs(me.name) : words.join}
    </button>
  );
  const flaw = joining.error ? inWords(joining.error) : undefined;
  return (
    <form className="w-full sm:w-96" onSubmit={submit}>
      {isSignedIn ? (
        <>
          {button}
          {flaw !== undefined && <p role="alert">{flaw}</p>}
        </>
      ) : (
        <Field
          label={words.token(me.name)}
          type="password"
          value={token}
          flaw={flaw}
          help={words.tokenHelp}
          onChange={(event) => setToken(event.currentTarget.value)}
          beside={button}
        />
      )}
    </form>
  );
}
