import { useId, useState } from 'react';

import type { Kind } from '../api/types';
import { Dialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { Select } from '../ui/Select';
import { Answers } from './Answers';
import { Check, FieldGroup, Pair } from './FieldGroup';
import { NUMBERS, flawsOf, type BoardDraft, type NumberName } from './boardDraft';
import { PRESETS, PRESET_NAMES, type PresetName } from './presets';

const POLICIES = [
  ['best', 'Best score'],
  ['sum', 'Sum of all scores'],
  ['latest', 'Latest score'],
] as const;
const ORDERS = [
  ['desc', 'Highest first'],
  ['asc', 'Lowest first'],
] as const;
const SECOND_ORDERS = [['', 'No subscore'], ...ORDERS] as const;
const RANK_STYLES = [
  ['ordinal', '1, 2, 3, 4: earlier first'],
  ['shared', '1, 2, 2, 4: same rank'],
] as const;
const KINDS: readonly Kind[] = ['all-time', 'daily', 'weekly', 'monthly', 'season'];
const SEASONS = [
  ['0 0 1 * *', 'each month'],
  ['0 0 1 */3 *', 'each quarter'],
  ['0 0 1 1,7 *', 'each half-year'],
  ['0 0 1 1 *', 'each year'],
  ['0 6 * * 1', 'each Monday at 06:00'],
] as const;
const TIME_ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];

const PERMANENT = 'Permanent.';
const FIXED = 'Fixed since the board was created.';

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
  const id = useId();
  const [draft, setDraft] = useState(initial);
  const [preset, setPreset] = useState<PresetName>('none');
  const [tried, setTried] = useState(false);
  const flaws = tried ? flawsOf(draft) : {};
  const permanent = { disabled: exists, help: exists ? FIXED : PERMANENT };
  const hasSeason = exists && initial.season !== '';

  function set(change: Partial<BoardDraft>): void {
    setDraft({ ...draft, ...change });
  }

  function applyPreset(name: PresetName): void {
    setPreset(name);
    set(PRESETS[name].settings);
  }

  function onSubmit(): void {
    setTried(true);
    if (Object.keys(flawsOf(draft)).length === 0) send(draft);
  }

  function number(name: NumberName) {
    const isFixed = exists && name === 'min_submissions';
    return (
      <Field
        label={NUMBERS[name].label}
        help={isFixed ? FIXED : NUMBERS[name].help}
        inputMode="numeric"
        value={draft.numbers[name]}
        flaw={flaws[name]}
        disabled={isFixed}
        onChange={(event) => set({ numbers: { ...draft.numbers, [name]: event.currentTarget.value } })}
      />
    );
  }

  return (
    <Dialog title={title} close={close}>
      <form
        noValidate
        className="space-y-6"
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        {!exists && (
          <Select
            label="Preset"
            value={preset}
            options={PRESET_NAMES.map((name) => [name, PRESETS[name].label] as const)}
            help={PRESETS[preset].help}
            choose={applyPreset}
          />
        )}
        {!exists && <p className="text-sm text-muted">Settings marked permanent cannot be changed after the board is created.</p>}
        <FieldGroup title="Name">
          <Pair>
            <Field
              label="Slug"
              value={draft.board}
              flaw={flaws.board}
              placeholder="laps"
              {...permanent}
              help={exists ? FIXED : `The name in addresses. ${PERMANENT}`}
              onChange={(event) => set({ board: event.currentTarget.value })}
            />
            <Field
              label="Name"
              value={draft.name}
              placeholder="Fastest laps"
              help="The name that players see."
              onChange={(event) => set({ name: event.currentTarget.value })}
            />
          </Pair>
        </FieldGroup>
        <FieldGroup title="Scores">
          <Pair>
            <Select label="Policy" value={draft.policy} options={POLICIES} {...permanent} choose={(policy) => set({ policy })} />
            <Select label="Order" value={draft.order} options={ORDERS} {...permanent} choose={(order) => set({ order })} />
            <Select
              label="Subscore order"
              value={draft.subscoreOrder}
              options={SECOND_ORDERS}
              {...permanent}
              help={exists ? FIXED : `A second score breaks ties. ${PERMANENT}`}
              choose={(subscoreOrder) => set({ subscoreOrder })}
            />
            <Field
              label="Subscore name"
              value={draft.subscoreName}
              disabled={draft.subscoreOrder === ''}
              placeholder="laps led"
              help="Shown beside the subscore."
              onChange={(event) => set({ subscoreName: event.currentTarget.value })}
            />
            <Select label="Equal scores" value={draft.rankStyle} options={RANK_STYLES} choose={(rankStyle) => set({ rankStyle })} />
            <Field
              label="Unit"
              value={draft.unit}
              placeholder="ms"
              help="For display. Times in ms or s are shown as 1:23.456."
              onChange={(event) => set({ unit: event.currentTarget.value })}
            />
            {number('decimals')}
          </Pair>
          <Field
            label="Tiers"
            value={draft.tiers}
            flaw={flaws.tiers}
            placeholder="legend rank 100, gold score 5000, silver percent 25, bronze"
            help="The best one first, each with the last score, rank or percent that reaches it. Without a limit: all others."
            onChange={(event) => set({ tiers: event.currentTarget.value })}
          />
          <Field
            label="Tournament"
            value={draft.tournament}
            flaw={flaws.tournament}
            placeholder='{"starts_at": "2026-12-05T18:00:00Z", "ends_at": "2026-12-06T18:00:00Z", "max_attempts": 3}'
            help='The rules as JSON, see the documentation. Recurring: {"duration_s": 172800}, with season as the first period.'
            onChange={(event) => set({ tournament: event.currentTarget.value })}
          />
        </FieldGroup>
        <FieldGroup title="Periods" help="The first one is shown first. A score counts in each of them.">
          <div className="flex flex-wrap gap-x-5">
            {KINDS.map((kind) => (
              <Check
                key={kind}
                label={kind}
                checked={draft.periods.includes(kind)}
                set={(on) => set({ periods: on ? [...draft.periods, kind] : draft.periods.filter((chosen) => chosen !== kind) })}
              />
            ))}
          </div>
          <Pair>
            <Field
              label="Time zone"
              value={draft.timeZone}
              list={`${id}-zones`}
              {...permanent}
              help={exists ? FIXED : `Days, weeks, months and seasons begin in it. ${PERMANENT}`}
              onChange={(event) => set({ timeZone: event.currentTarget.value })}
            />
            <Field
              label="Season starts"
              value={draft.season}
              list={`${id}-seasons`}
              disabled={hasSeason}
              placeholder="0 0 1 */3 *"
              help={hasSeason ? 'Fixed since it was set.' : 'Cron: minute, hour, day, month, weekday. 0 0 1 */3 * is each quarter. Permanent once set.'}
              onChange={(event) => set({ season: event.currentTarget.value })}
            />
            {number('min_submissions')}
            {number('keep_days')}
          </Pair>
          <datalist id={`${id}-zones`}>
            {TIME_ZONES.map((zone) => (
              <option key={zone} value={zone} />
            ))}
          </datalist>
          <datalist id={`${id}-seasons`}>
            {SEASONS.map(([cron, words]) => (
              <option key={cron} value={cron} label={words} />
            ))}
          </datalist>
        </FieldGroup>
        <FieldGroup title="Limits" help="A submission outside of them is refused. Empty fields do not limit.">
          <Pair>
            {number('min_score')}
            {number('max_score')}
            {number('max_change')}
            {number('min_interval_ms')}
          </Pair>
        </FieldGroup>
        <FieldGroup title="Access">
          <Check label="Private" help="Reads need a key." checked={draft.private} set={(on) => set({ private: on })} />
          <Check
            label="Open to players"
            help="Players may submit with their own tokens."
            checked={draft.openToPlayers}
            set={(on) => set({ openToPlayers: on })}
          />
        </FieldGroup>
        <Answers act={act} close={close} pending={pending} error={error} note={tried && Object.keys(flaws).length > 0 ? 'Correct the marked fields.' : null} />
      </form>
    </Dialog>
  );
}
