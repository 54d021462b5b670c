import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';

import { useSurroundings } from '../api/context';
import { inWords } from '../api/errors';
import { useText } from '../i18n/text';
import { parseFriends } from './friendsList';
import { resolve } from './resolve';
import type { FriendList } from './useFriendList';

export function AddFriends({ list }: { list: FriendList }) {
  const id = useId();
  const words = useText();
  const around = useSurroundings();
  const cache = useQueryClient();
  const { friends, most } = list;
  const [text, setText] = useState('');
  const adding = useMutation({
    mutationFn: async () => {
      const resolved = await resolve(parseFriends(text), around, cache);
      await list.add(resolved.friends);
      return resolved;
    },
    onSuccess: ({ unknown }) => setText(unknown.join('\n')),
  });
  const error = adding.error ?? list.error;
  const { ids, names } = parseFriends(text);
  const count = ids.length + names.length;
  const tooMany = friends.length + count > most;

  return (
    <form
      className="card px-4 py-5 sm:px-6"
      onSubmit={(event) => {
        event.preventDefault();
        if (count > 0 && !tooMany) adding.mutate();
      }}
    >
      <label htmlFor={id} className="label">
        {words.addFriendsLabel}
      </label>
      <textarea
        id={id}
        rows={5}
        dir="auto"
        spellCheck={false}
        value={text}
        placeholder={'AmberBadger\n20001\nQuietKraken2'}
        aria-describedby={`${id}-help`}
        onChange={(event) => setText(event.currentTarget.value)}
        className="field py-2.5 leading-relaxed"
      />
      <p id={`${id}-help`} className="mt-2 text-sm text-muted">
        {words.addFriendsHelp}
      </p>
      <button
        type="submit"
        disabled={count === 0 || tooMany || adding.isPending}
        className="button button-primary mt-4 w-full"
      >
        {adding.isPending ? words.lookingUp : count > 0 ? words.addCount(count) : words.addFriends}
      </button>
      <div role="status" className="mt-3 text-sm empty:hidden">
        {tooMany && <p className="text-down">{words.mostFriends(most)}</p>}
        {error && <p className="text-down">{inWords(error)}</p>}
        {adding.data && adding.data.unknown.length > 0 && (
          <p className="text-down">{words.unknownFriends(adding.data.unknown.length)}</p>
        )}
      </div>
    </form>
  );
}
