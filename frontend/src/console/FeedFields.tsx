import { useId, useRef } from 'react';
import { flushSync } from 'react-dom';

import type { Board } from '../api/types';
import { formatList } from '../format/lists';
import { Field } from '../ui/Field';
import { Select } from '../ui/Select';
import type { BoardDraft } from './boardDraft';
import { MAX_FEEDS, boardsFeeding, flawOfFeed, needsNumber, targetsFor, type FeedDraft } from './feedDraft';
import { FieldGroup, Pair } from './FieldGroup';
import { useConsoleText } from './i18n/text';

interface Props {
  readonly boards: readonly Board[];
  readonly draft: BoardDraft;
  /** Whether errors are shown. */
  readonly tried: boolean;
  readonly set: (change: Partial<BoardDraft>) => void;
}

/** Boards on which each submission counts too, with the number that counts on each of them. */
export function FeedFields({ boards, draft, tried, set }: Props) {
  const { feeds: words } = useConsoleText().form;
  const id = useId();
  const adding = useRef<HTMLButtonElement>(null);
  const { feeds } = draft;
  const free = targetsFor(draft.board, boards).filter(({ board }) => !feeds.some((feed) => feed.board === board));
  const obstacle = obstacleOf();

  /** Return the reason why no feed can be added, null if there is none. */
  function obstacleOf(): string | null {
    const feeding = boardsFeeding(draft.board, boards).map(({ name }) => name);
    if (feeding.length > 0) return words.fed(formatList(feeding));
    if (draft.teamSource !== '') return words.teamFlaw;
    if (feeds.length === MAX_FEEDS) return words.full(MAX_FEEDS);
    return free.length === 0 ? words.none : null;
  }

  function remove(at: number): void {
    // Render first: the focus cannot move to a button that is still disabled.
    flushSync(() => set({ feeds: feeds.toSpliced(at, 1) }));
    adding.current?.focus();
  }

  return (
    <FieldGroup title={words.title} help={`${words.help(MAX_FEEDS)} ${words.rules}`}>
      {feeds.map((feed, at) => (
        <Feed
          key={at}
          feed={feed}
          number={at + 1}
          targets={boards.filter(({ board }) => board === feed.board || free.some((target) => target.board === board))}
          isNumberNeeded={needsNumber(feed, draft, boards)}
          flaw={tried ? flawOfFeed(feed, draft, boards, words) : undefined}
          set={(next) => set({ feeds: feeds.with(at, next) })}
          remove={() => remove(at)}
        />
      ))}
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <button
          ref={adding}
          type="button"
          className="button"
          disabled={obstacle !== null}
          aria-describedby={obstacle === null ? undefined : id}
          onClick={() => set({ feeds: [...feeds, { board: free[0]?.board ?? '', number: '' }] })}
        >
          {words.add}
        </button>
        {obstacle !== null && (
          <p id={id} className="min-w-0 flex-1 basis-60 text-sm text-muted">
            {obstacle}
          </p>
        )}
      </div>
    </FieldGroup>
  );
}

interface FeedProps {
  readonly feed: FeedDraft;
  /** Position of the feed, from 1. */
  readonly number: number;
  /** Boards that can be chosen. */
  readonly targets: readonly Board[];
  readonly isNumberNeeded: boolean;
  readonly flaw: string | undefined;
  readonly set: (feed: FeedDraft) => void;
  readonly remove: () => void;
}

function Feed({ feed, number, targets, isNumberNeeded, flaw, set, remove }: FeedProps) {
  const { form, remove: removeText } = useConsoleText();
  const { feeds: words } = form;
  return (
    <div role="group" aria-label={words.feed(number)}>
      <Pair>
        <Select
          label={words.board}
          value={feed.board}
          options={targets.map(({ board, name }) => [board, name] as const)}
          choose={(board) => set({ ...feed, board })}
        />
        <Field
          label={words.number}
          value={feed.number}
          flaw={flaw}
          placeholder={isNumberNeeded ? 'coins' : words.score}
          help={isNumberNeeded ? words.numberNeeded : words.numberHelp}
          onChange={(event) => set({ ...feed, number: event.currentTarget.value })}
          beside={
            <button type="button" className="button shrink-0" aria-label={words.remove(number)} onClick={remove}>
              {removeText}
            </button>
          }
        />
      </Pair>
    </div>
  );
}
