import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';

import type { Board } from '../../api/types';
import { ErrorNotice } from '../../ui/Notice';
import { PlayerName } from '../../ui/PlayerName';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { EntryFacts } from './EntryFacts';
import { ModerationForm } from './ModerationForm';
import { account } from './entry';

interface Props {
  readonly board: Board;
  readonly userId: number;
  readonly close: () => void;
}

/** Entry of the chosen player, and the form for an action. The focus moves here from the row that was chosen. */
export function ChosenPlayer({ board, userId, close }: Props) {
  const words = useConsoleText();
  const { data, error, refetch } = useQuery(account(useOperator(), userId));
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  return (
    <section aria-label={words.moderation.chosen} className="card space-y-5 px-4 py-5 sm:px-6">
      <div className="flex items-start justify-between gap-4">
        <div className="min-w-0">
          <h2 ref={title} tabIndex={-1} className="scroll-mt-24 text-lg font-semibold tracking-tight outline-none">
            {data ? <PlayerName player={data} /> : `#${userId}`}
          </h2>
          {data && <p className="text-sm text-muted tabular-nums">#{userId}</p>}
        </div>
        <button type="button" className="button shrink-0" onClick={close}>
          {words.moderation.close}
        </button>
      </div>
      {error && !data ? <ErrorNotice error={error} retry={refetch} /> : <EntryFacts board={board} userId={userId} />}
      <ModerationForm board={board} userId={userId} />
    </section>
  );
}
