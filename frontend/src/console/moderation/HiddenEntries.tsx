import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { HiddenEntry } from '../../api/types';
import { ErrorNotice, Notice } from '../../ui/Notice';
import { PlayerName, nameOf } from '../../ui/PlayerName';
import { SkeletonRows } from '../../ui/Skeleton';
import { ActButton } from '../ActButton';
import { useConsoleText } from '../i18n/text';
import { useOperator } from '../operator';
import { hidden } from '../reads';
import { Unhide } from './Unhide';

/** Hidden entries of a board, each with the rank that its player still sees. */
export function HiddenEntries({ board }: { board: string }) {
  const words = useConsoleText();
  const { data, error, refetch } = useQuery(hidden(useOperator(), board));
  const [wronged, setWronged] = useState<HiddenEntry | null>(null);
  return (
    <section aria-labelledby="hidden" className="card overflow-hidden">
      <h2 id="hidden" className="border-b border-line px-4 py-4 text-lg font-semibold tracking-tight sm:px-6">
        {words.moderation.hiddenEntries}
      </h2>
      {!data ? (
        error ? (
          <ErrorNotice error={error} retry={refetch} />
        ) : (
          <SkeletonRows rows={3} label={words.moderation.loadingHidden} />
        )
      ) : data.entries.length === 0 ? (
        <Notice title={words.moderation.noHidden}>{words.moderation.noHiddenHint}</Notice>
      ) : (
        <ul className="divide-y divide-line">
          {data.entries.map((entry) => (
            <li key={entry.user_id} className="flex items-center justify-between gap-4 px-4 py-3.5 sm:px-6">
              <div className="min-w-0">
                <PlayerName player={entry} className="font-medium" />
                <p className="text-sm text-muted">{words.moderation.hiddenBy(entry.user_id, entry.hidden_by)}</p>
              </div>
              <div className="flex shrink-0 items-center gap-4">
                <p className="text-right text-sm text-muted tabular-nums">{words.moderation.rankNumber(entry.rank)}</p>
                <ActButton permission="moderate" aria-label={words.moderation.unhide(nameOf(entry))} onClick={() => setWronged(entry)}>
                  {words.moderation.unhideButton}
                </ActButton>
              </div>
            </li>
          ))}
        </ul>
      )}
      {wronged && <Unhide board={board} entry={wronged} close={() => setWronged(null)} />}
    </section>
  );
}
