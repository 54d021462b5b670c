import { useId, useState, type ReactNode } from 'react';

import type { Kind } from '../api/types';
import { Dialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { Select } from '../ui/Select';
import { Answers } from './Answers';
import { NUMBERS, NUMBER_NAMES, flawsOf, type BoardDraft } from './boardDraft';

const POLICIES = [
  ['sum', 'sum of all'],
  ['best', 'best run'],
  ['latest', 'latest run'],
] as const;
const ORDERS = [
  ['desc', 'highest first'],
  ['asc', 'lowest first'],
] as const;
const SECOND_ORDERS = [['', 'no subscore'], ...ORDERS] as const;
const RANK_STYLES = [
  ['ordinal', '1, 2, 3, 4'],
  ['shared', '1, 2, 2, 4'],
] as const;
const KINDS: readonly Kind[] = ['all-time', 'daily', 'weekly', 'monthly', 'season'];

interface Props {
  readonly title: string;
  readonly act: string;
  readonly initial: BoardDraft;
  /** True if the board exists: its permanent settings cannot be edited then. */
  readonly exists: boolean;
  readonly pending: boolean;
  readonly error: unknown;
  readonly send: (draft: BoardDraft) => void;
  readonly close: () => void;
}

/** Form of a board's settings. */
export function BoardForm({ title, act, initial, exists, pending, error, send, close }: Props) {
  const [draft, setDraft] = useState(initial);
  const [tried, setTried] = useState(false);
  const flaws = tried ? flawsOf(draft) : {};

  function set(change: Partial<BoardDraft>): void {
    setDraft({ ...draft, ...change });
  }

  function onSubmit(): void {
    setTried(true);
    if (Object.keys(flawsOf(draft)).length === 0) send(draft);
  }

  return (
    <Dialog title={title} close={close}>
      <form
        noValidate
        className="space-y-5"
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        <Pair>
          <Field
            label="Slug"
            value={draft.board}
            disabled={exists}
            flaw={flaws.board}
            placeholder="laps"
            onChange={(event) => set({ board: event.currentTarget.value })}
          />
          <Field label="Name" value={draft.name} placeholder="Fastest laps" onChange={(event) => set({ name: event.currentTarget.value })} />
        </Pair>
        <Pair>
          <Select
            label="Policy"
            value={draft.policy}
            disabled={exists}
            options={POLICIES}
            choose={(policy) => set({ policy })}
          />
          <Select
            label="Order"
            value={draft.order}
            disabled={exists}
            options={ORDERS}
            choose={(order) => set({ order })}
          />
        </Pair>
        <Pair>
          <Select
            label="Subscore order"
            value={draft.subscoreOrder}
            disabled={exists}
            options={SECOND_ORDERS}
            choose={(subscoreOrder) => set({ subscoreOrder })}
          />
          <Select
            label="Rank style"
            value={draft.rankStyle}
            options={RANK_STYLES}
            choose={(rankStyle) => set({ rankStyle })}
          />
        </Pair>
        <fieldset>
          <legend className="label">Periods</legend>
          <div className="flex flex-wrap gap-x-5">
            {KINDS.map((kind) => (
              <Check
                key={kind}
                label={kind}
                checked={draft.periods.includes(kind)}
                set={(on) => set({ periods: on ? [...draft.periods, kind] : draft.periods.filter((one) => one !== kind) })}
              />
            ))}
          </div>
        </fieldset>
        <Pair>
          <Field label="Time zone" value={draft.timeZone} disabled={exists} onChange={(event) => set({ timeZone: event.currentTarget.value })} />
          <Field
            label="Season starts"
            value={draft.season}
            placeholder="0 0 1 */3 *"
            help="A cron expression of five fields."
            onChange={(event) => set({ season: event.currentTarget.value })}
          />
        </Pair>
        <Pair>
          <Field label="Unit" value={draft.unit} placeholder="ms" onChange={(event) => set({ unit: event.currentTarget.value })} />
          {NUMBER_NAMES.map((name) => (
            <Field
              key={name}
              label={NUMBERS[name].label}
              help={NUMBERS[name].help}
              inputMode="numeric"
              value={draft.numbers[name]}
              flaw={flaws[name]}
              disabled={exists && name === 'min_submissions'}
              onChange={(event) => set({ numbers: { ...draft.numbers, [name]: event.currentTarget.value } })}
            />
          ))}
        </Pair>
        <div className="flex flex-wrap gap-x-5">
          <Check label="Private" checked={draft.private} set={(on) => set({ private: on })} />
          <Check label="Open to players" checked={draft.openToPlayers} set={(on) => set({ openToPlayers: on })} />
        </div>
        <Answers act={act} close={close} pending={pending} error={error} />
      </form>
    </Dialog>
  );
}

function Pair({ children }: { children: ReactNode }) {
  return <div className="grid grid-cols-1 items-start gap-4 sm:grid-cols-2">{children}</div>;
}

function Check({ label, checked, set }: { label: string; checked: boolean; set: (on: boolean) => void }) {
  const id = useId();
  return (
    <div className="flex min-h-9 items-center gap-2.5 text-sm">
      <input id={id} type="checkbox" className="size-4 accent-accent" checked={checked} onChange={(event) => set(event.currentTarget.checked)} />
      <label htmlFor={id}>{label}</label>
    </div>
  );
}
