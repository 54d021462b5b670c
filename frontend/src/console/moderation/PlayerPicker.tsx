import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { inWords } from '../../api/errors';
import type { User } from '../../api/types';
import { Field } from '../../ui/Field';
import { nameOf } from '../../ui/PlayerName';
import { useSettled } from '../../ui/useSettled';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { playersLike } from '../reads';

const SETTLED_MS = 200;
const OFFERED = 8;

/** Search of a player by name or id. */
export function PlayerPicker({ choose }: { choose: (player: User) => void }) {
  const words = useConsoleText();
  const [text, setText] = useState('');
  const prefix = useSettled(text.trim(), SETTLED_MS);
  const { data, error } = useQuery({
    ...playersLike(useOperator(), prefix),
    enabled: prefix !== '',
    placeholderData: keepPreviousData,
  });
  const players = prefix === '' ? [] : (data ?? []).slice(0, OFFERED);
  return (
    <div role="search" aria-label={words.moderation.toModerate}>
      <Field
        label={words.player}
        dir="auto"
        maxLength={64}
        value={text}
        help={words.moderation.pickHelp}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <ul className="mt-2 space-y-1 empty:hidden">
        {players.map((player) => (
          <li key={player.user_id}>
            <button type="button" className="button w-full justify-start" onClick={() => choose(player)}>
              <span dir="auto" className="truncate">
                {nameOf(player)}
              </span>{' '}
              <span className="text-muted tabular-nums">#{player.user_id}</span>
            </button>
          </li>
        ))}
      </ul>
      <p role="status" className="mt-2 text-sm text-muted empty:hidden">
        {error ? inWords(error) : data && prefix !== '' && players.length === 0 ? words.moderation.notFound(prefix) : null}
      </p>
    </div>
  );
}
