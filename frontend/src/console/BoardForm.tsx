import { useId, useState } from 'react';

import type { Board, Kind, Order, Policy, RankStyle } from '../api/types';
import { Dialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { Select } from '../ui/Select';
import { Answers } from './Answers';
import { EventTypes } from './EventTypes';
import { Check, FieldGroup, Pair } from './FieldGroup';
import { FeedFields } from './FeedFields';
import { JsonField } from './JsonField';
import { TeamBoardFields } from './teams/TeamBoardFields';
import { TiebreakerFields } from './TiebreakerFields';
import { useConsoleText } from './i18n/text';
import { flawsOf, greatestScore, showsRounded, type BoardDraft, type JsonName, type NumberName, type ScoreType } from './boardDraft';
import { PRESETS, PRESET_NAMES, type PresetName } from './presets';
import { formatReading, nextStarts } from './seasonStarts';

const POLICIES: readonly Policy[] = ['best', 'sum', 'latest'];
const ORDERS: readonly Order[] = ['desc', 'asc'];
const SCORE_TYPES: readonly ScoreType[] = ['number', 'int64'];
const RANK_STYLES: readonly RankStyle[] = ['ordinal', 'shared'];
const KINDS: readonly Kind[] = ['all-time', 'daily', 'weekly', 'monthly', 'season'];
/** Cron expressions of usual season starts, in the order of their names in the catalogues of texts. */
const SEASONS = ['0 0 1 * *', '0 0 1 */3 *', '0 0 1 1,7 *', '0 0 1 1 *', '0 6 * * 1'] as const;
/** Number of season starts that are shown below the cron expression. */
const SHOWN_STARTS = 3;
const TIME_ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];

interface Props {
  readonly title: string;
  readonly act: string;
  readonly initial: BoardDraft;
  /** All boards, because a board may feed other boards, and a team board combines the scores of another board. */
  readonly boards: readonly Board[];
  /** True if the board exists: its permanent settings cannot be edited then. */
  readonly exists: boolean;
  readonly pending: boolean;
  readonly error: unknown;
  readonly send: (draft: BoardDraft) => void;
  readonly close: () => void;
}

/** Form of a board's settings. */
export function BoardForm({ title, act, initial, boards, exists, pending, error, send, close }: Props) {
  const id = useId();
  const words = useConsoleText();
  const { form } = words;
  const orders = ORDERS.map((order) => [order, form.orders[order]] as const);
  const [draft, setDraft] = useState(initial);
  const [preset, setPreset] = useState<PresetName>('none');
  const [tried, setTried] = useState(false);
  const flaws = tried ? flawsOf(draft, words, boards, initial) : {};
  const permanent = { disabled: exists, help: exists ? form.fixed : form.permanent };
  const hasSeason = exists && initial.season !== '';
  const [openedAt] = useState(Date.now);
  const starts = nextStarts(draft.season, draft.timeZone, openedAt, SHOWN_STARTS)?.map(formatReading).join('; ');

  function set(change: Partial<BoardDraft>): void {
    setDraft({ ...draft, ...change });
  }

  function applyPreset(name: PresetName): void {
    setPreset(name);
    set(PRESETS[name]);
  }

  function onSubmit(): void {
    setTried(true);
    if (Object.keys(flawsOf(draft, words, boards, initial)).length === 0) send(draft);
  }

  function jsonHelp(name: JsonName): string {
    const help = form[`${name}Help`];
    return showsRounded(draft, initial, name) ? `${help} ${form.jsonRounded}` : help;
  }

  function number(name: NumberName) {
    const isFixed = exists && name === 'min_submissions';
    return (
      <Field
        label={form.numbers[name].label}
        help={isFixed ? form.fixed : form.numbers[name].help}
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
            label={form.preset}
            value={preset}
            options={PRESET_NAMES.map((name) => [name, form.presets[name].label] as const)}
            help={form.presets[preset].help}
            choose={applyPreset}
          />
        )}
        {!exists && <p className="text-sm text-muted">{form.permanentNote}</p>}
        <FieldGroup title={form.nameGroup}>
          <Pair>
            <Field
              label={form.slug}
              value={draft.board}
              flaw={flaws.board}
              placeholder="laps"
              {...permanent}
              help={exists ? form.fixed : form.slugHelp}
              onChange={(event) => set({ board: event.currentTarget.value })}
            />
            <Field
              label={words.name}
              value={draft.name}
              placeholder={form.namePlaceholder}
              help={form.nameHelp}
              onChange={(event) => set({ name: event.currentTarget.value })}
            />
          </Pair>
        </FieldGroup>
        <FieldGroup title={form.scores}>
          <Pair>
            <Select label={form.policy} value={draft.policy} options={POLICIES.map((policy) => [policy, form.policies[policy]] as const)} {...permanent} choose={(policy) => set({ policy })} />
            <Select label={form.order} value={draft.order} options={orders} {...permanent} choose={(order) => set({ order })} />
            <Select
              label={form.scoreType}
              value={draft.scoreType}
              flaw={flaws.scoreType}
              options={SCORE_TYPES.map((type) => [type, form.scoreTypes[type]] as const)}
              {...permanent}
              help={exists ? form.fixed : form.scoreTypeHelp(greatestScore('number'), greatestScore('int64'))}
              choose={(scoreType) => set({ scoreType })}
            />
            <Select
              label={form.subscoreOrder}
              value={draft.subscoreOrder}
              options={[['', form.noSubscore] as const, ...orders]}
              {...permanent}
              help={exists ? form.fixed : form.subscoreHelp}
              choose={(subscoreOrder) => set({ subscoreOrder })}
            />
            <Field
              label={form.subscoreName}
              value={draft.subscoreName}
              disabled={draft.subscoreOrder === ''}
              placeholder={form.subscorePlaceholder}
              help={form.subscoreNameHelp}
              onChange={(event) => set({ subscoreName: event.currentTarget.value })}
            />
            <Select label={form.equalScores} value={draft.rankStyle} options={RANK_STYLES.map((style) => [style, form.rankStyles[style]] as const)} choose={(rankStyle) => set({ rankStyle })} />
            <Field
              label={form.unit}
              value={draft.unit}
              placeholder="ms"
              help={form.unitHelp}
              onChange={(event) => set({ unit: event.currentTarget.value })}
            />
            {number('decimals')}
          </Pair>
          <Field
            label={form.tiers}
            value={draft.tiers}
            flaw={flaws.tiers}
            placeholder="legend rank 100, gold score 5000, silver percent 25, bronze"
            help={form.tiersHelp}
            onChange={(event) => set({ tiers: event.currentTarget.value })}
          />
          <Field
            label={form.segments}
            value={draft.segments}
            flaw={flaws.segments}
            placeholder="country, platform"
            {...permanent}
            help={exists ? form.fixed : form.segmentsHelp}
            onChange={(event) => set({ segments: event.currentTarget.value })}
          />
          <TeamBoardFields boards={boards} draft={draft} exists={exists} flaw={flaws.team} set={set} />
          <JsonField
            label={form.tournament}
            value={draft.tournament}
            flaw={flaws.tournament}
            placeholder='{"starts_at": "2026-12-05T18:00:00Z", "ends_at": "2026-12-06T18:00:00Z", "max_attempts": 3}'
            help={jsonHelp('tournament')}
            set={(tournament) => set({ tournament })}
          />
          <JsonField
            label={form.rewards}
            value={draft.rewards}
            flaw={flaws.rewards}
            placeholder='{"period": "weekly", "rewards": [{"reward": "winner", "last_rank": 1, "payload": {"gold": 50}}]}'
            help={jsonHelp('rewards')}
            set={(rewards) => set({ rewards })}
          />
          <JsonField
            label={form.league}
            value={draft.league}
            flaw={flaws.league}
            placeholder='{"divisions": ["Gold", "Silver"], "group_size": 30, "promotion": {"places": 7}}'
            help={jsonHelp('league')}
            set={(league) => set({ league })}
          />
        </FieldGroup>
        <TiebreakerFields draft={draft} exists={exists} tried={tried} set={set} />
        <FeedFields boards={boards} draft={draft} tried={tried} set={set} />
        <FieldGroup title={form.periods} help={form.periodsHelp}>
          <div className="flex flex-wrap gap-x-5">
            {KINDS.map((kind) => (
              <Check
                key={kind}
                label={words.kinds[kind]}
                checked={draft.periods.includes(kind)}
                set={(on) => set({ periods: on ? [...draft.periods, kind] : draft.periods.filter((chosen) => chosen !== kind) })}
              />
            ))}
          </div>
          <Pair>
            <Field
              label={form.timeZone}
              value={draft.timeZone}
              list={`${id}-zones`}
              {...permanent}
              help={exists ? form.fixed : form.timeZoneHelp}
              onChange={(event) => set({ timeZone: event.currentTarget.value })}
            />
            <Field
              label={form.season}
              value={draft.season}
              list={`${id}-seasons`}
              disabled={hasSeason}
              placeholder="0 0 1 */3 *"
              help={hasSeason ? form.seasonFixed : [form.seasonHelp, starts && form.seasonNext(starts)].filter(Boolean).join(' ')}
              onChange={(event) => set({ season: event.currentTarget.value })}
            />
            {number('min_submissions')}
            {number('keep_days')}
            {number('moment_days')}
          </Pair>
          <datalist id={`${id}-zones`}>
            {TIME_ZONES.map((zone) => (
              <option key={zone} value={zone} />
            ))}
          </datalist>
          <datalist id={`${id}-seasons`}>
            {SEASONS.map((cron, at) => (
              <option key={cron} value={cron} label={form.seasons[at]} />
            ))}
          </datalist>
        </FieldGroup>
        <FieldGroup title={form.limits} help={form.limitsHelp}>
          <Pair>
            {number('min_score')}
            {number('max_score')}
            {number('max_change')}
            {number('min_interval_ms')}
          </Pair>
        </FieldGroup>
        <FieldGroup title={form.events} help={form.eventsHelp}>
          <EventTypes types={draft.events} set={(events) => set({ events })} />
        </FieldGroup>
        <FieldGroup title={form.access}>
          <Check label={form.private} help={form.privateHelp} checked={draft.private} set={(on) => set({ private: on })} />
          <Check
            label={form.openToPlayers}
            help={form.openToPlayersHelp}
            checked={draft.openToPlayers}
            set={(on) => set({ openToPlayers: on })}
          />
        </FieldGroup>
        <Answers act={act} close={close} pending={pending} error={error} note={tried && Object.keys(flaws).length > 0 ? form.correct : null} />
      </form>
    </Dialog>
  );
}
