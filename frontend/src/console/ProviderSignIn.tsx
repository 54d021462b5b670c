import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';

import { useDeployment } from '../api/context';
import { setAdminKey } from '../api/adminKey';
import { Refused, inWords } from '../api/errors';
import type { ConsoleSignIn } from '../api/types';
import type { ConsoleMessages } from './i18n/en';
import { useConsoleText } from './i18n/text';
import { beginSignIn, finishSignIn, takeAnswer, type ProviderAnswer, type Refusal } from './openid';

/** Button to sign in by the identity provider. Without a provider, it shows nothing. */
export function ProviderSignIn() {
  const words = useConsoleText();
  const { client } = useDeployment();
  const { data } = useQuery({
    queryKey: ['console-sign-in'],
    queryFn: ({ signal }) => client.get<ConsoleSignIn>('/api/auth/console', signal),
    staleTime: Infinity,
  });
  const finishing = useMutation({
    mutationFn: async (given: ProviderAnswer) => {
      if ('refusal' in given) throw new ProviderRefusal(given.refusal);
      return finishSignIn(client, given.code, given.attempt);
    },
    onSuccess: ({ token }) => setAdminKey(token),
    gcTime: 0, // do not cache: the answer contains the session's secret
  });
  const beginning = useMutation({ mutationFn: () => beginSignIn(client), onSuccess: (url) => location.assign(url) });
  const { mutate: finish } = finishing;
  useEffect(() => {
    // Take the answer in an effect, not while rendering: React may render several times, but the answer exists once.
    const answer = takeAnswer();
    if (answer !== null) finish(answer);
  }, [finish]);

  const error = beginning.error ?? finishing.error;
  if (!data?.provider) return null;
  return (
    <div className="mx-auto max-w-md space-y-3">
      <button
        type="button"
        className="button button-primary w-full"
        disabled={beginning.isPending || finishing.isPending}
        onClick={() => beginning.mutate()}
      >
        {words.signInWith(data.provider)}
      </button>
      <p role="alert" className="text-sm text-down empty:hidden">
        {error ? flawIn(error, words) : null}
      </p>
      <p className="text-center text-sm text-muted">{words.orWithKey}</p>
    </div>
  );
}

class ProviderRefusal extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal);
  }
}

function flawIn(error: unknown, words: ConsoleMessages): string {
  if (error instanceof ProviderRefusal) return words[error.refusal];
  if (error instanceof Refused && (error.status === 401 || error.status === 403)) {
    return `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`;
  }
  return inWords(error);
}
