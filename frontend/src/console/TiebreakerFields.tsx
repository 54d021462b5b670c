import { useId, useRef } from 'react';
import { flushSync } from 'react-dom';

import type { Order } from '../api/types';
import { Field } from '../ui/Field';
import { Select } from '../ui/Select';
import type { BoardDraft } from './boardDraft';
import { FieldGroup, Pair } from './FieldGroup';
import { useConsoleText } from './i18n/text';
import { areTooWide, flawsOfTiebreaker, MAX_TIEBREAKERS, NO_TIEBREAKER, tiebreakerObstacle, type TiebreakerDraft, type TiebreakerFlaws } from './tiebreakerDraft';

const ORDERS: readonly Order[] = ['asc', 'desc'];

interface Props {
  readonly draft: BoardDraft;
  /** True if the board exists: its tiebreakers are shown then, and cannot be edited. */
  readonly exists: boolean;
  /** Whether errors are shown. */
  readonly tried: boolean;
  readonly set: (change: Partial<BoardDraft>) => void;
}

/** Named numbers that order entries with equal scores, the most important one first. */
export function TiebreakerFields({ draft, exists, tried, set }: Props) {
  const { form } = useConsoleText();
  const words = form.tiebreakers;
  const id = useId();
  const adding = useRef<HTMLButtonElement>(null);
  const { tiebreakers } = draft;
  const isFull = tiebreakers.length === MAX_TIEBREAKERS;
  const obstacle = tiebreakerObstacle(draft, words) ?? (isFull ? words.full(MAX_TIEBREAKERS) : undefined);
  const isTooWide = tried && areTooWide(tiebreakers);

  function remove(at: number): void {
    // Render first: the focus cannot move to a button that is still disabled.
    flushSync(() => set({ tiebreakers: tiebreakers.toSpliced(at, 1) }));
    adding.current?.focus();
  }

  if (exists && tiebreakers.length === 0) return null;
  return (
    <FieldGroup title={words.title} help={exists ? form.fixed : words.help(MAX_TIEBREAKERS)}>
      {tiebreakers.map((tiebreaker, at) => (
        <Tiebreaker
          key={at}
          tiebreaker={tiebreaker}
          at={at + 1}
          exists={exists}
          flaws={tried ? flawsOfTiebreaker(tiebreakers, at, words) : {}}
          set={(change) => set({ tiebreakers: tiebreakers.with(at, { ...tiebreaker, ...change }) })}
          remove={() => remove(at)}
        />
      ))}
      {isTooWide && (
        <p role="alert" className="text-sm text-down">
          {words.tooWide}
        </p>
      )}
      {!exists && (
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <button
            ref={adding}
            type="button"
            className="button"
            disabled={obstacle !== undefined}
            aria-describedby={obstacle === undefined ? undefined : id}
            onClick={() => set({ tiebreakers: [...tiebreakers, NO_TIEBREAKER] })}
          >
            {words.add}
          </button>
          {obstacle !== undefined && (
            <p id={id} className={`min-w-0 flex-1 basis-60 text-sm ${tried && tiebreakers.length > 0 && !isFull ? 'text-down' : 'text-muted'}`}>
              {obstacle}
            </p>
          )}
        </div>
      )}
    </FieldGroup>
  );
}

interface TiebreakerProps {
  readonly tiebreaker: TiebreakerDraft;
  /** Position of the tiebreaker, from 1. */
  readonly at: number;
  readonly exists: boolean;
  readonly flaws: TiebreakerFlaws;
  readonly set: (change: Partial<TiebreakerDraft>) => void;
  readonly remove: () => void;
}

function Tiebreaker({ tiebreaker, at, exists, flaws, set, remove }: TiebreakerProps) {
  const { form, remove: removeText } = useConsoleText();
  const words = form.tiebreakers;
  return (
    <div role="group" aria-label={words.tiebreaker(at)}>
      <Pair>
        <Field
          label={words.name}
          value={tiebreaker.name}
          flaw={flaws.name}
          disabled={exists}
          placeholder="time_ms"
          help={words.nameHelp}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <Select
          label={words.order}
          value={tiebreaker.order}
          options={ORDERS.map((order) => [order, form.orders[order]] as const)}
          disabled={exists}
          choose={(order) => set({ order })}
        />
        <Field
          label={words.min}
          inputMode="numeric"
          value={tiebreaker.min}
          flaw={flaws.min}
          disabled={exists}
          onChange={(event) => set({ min: event.currentTarget.value })}
        />
        <Field
          label={words.max}
          inputMode="numeric"
          value={tiebreaker.max}
          flaw={flaws.max}
          disabled={exists}
          placeholder="3600000"
          onChange={(event) => set({ max: event.currentTarget.value })}
          beside={
            !exists && (
              <button type="button" className="button shrink-0" aria-label={words.remove(at)} onClick={remove}>
                {removeText}
              </button>
            )
          }
        />
      </Pair>
    </div>
  );
}
