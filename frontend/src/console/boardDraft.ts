import type { Board, BoardIn, Kind, Order, Policy, RankStyle, TierIn, TournamentIn } from '../api/types';

/** Content of a board's form. Numbers stay texts until they are sent. */
export interface BoardDraft {
  readonly board: string;
  readonly name: string;
  readonly policy: Policy;
  readonly order: Order;
  readonly subscoreOrder: Order | '';
  readonly subscoreName: string;
  readonly rankStyle: RankStyle;
  readonly periods: readonly Kind[];
  readonly timeZone: string;
  readonly season: string;
  readonly unit: string;
  readonly tiers: string;
  readonly tournament: string;
  readonly numbers: Readonly<Record<NumberName, string>>;
  readonly private: boolean;
  readonly openToPlayers: boolean;
}

export const NUMBERS = {
  decimals: { label: 'Decimals', help: 'Digits after the point, for display: 1234 with 2 is 12.34.', least: 0 },
  min_score: { label: 'Lowest score', help: 'Of one submission.', least: Number.MIN_SAFE_INTEGER },
  max_score: { label: 'Highest score', help: 'Of one submission.', least: Number.MIN_SAFE_INTEGER },
  max_change: { label: 'Largest change', help: 'By one submission, up or down.', least: 0 },
  min_interval_ms: { label: 'Minimum interval, ms', help: 'Between two submissions of a player.', least: 0 },
  min_submissions: { label: 'Minimum submissions', help: 'To be ranked in a period. Permanent.', least: 1 },
  keep_days: { label: 'Retention, days', help: 'Past periods are deleted after it. Empty: never.', least: 1 },
} as const;

export type NumberName = keyof typeof NUMBERS;
export type Settings = Omit<BoardIn, 'board'>;

export const NUMBER_NAMES = Object.keys(NUMBERS) as NumberName[];
const SLUG = /^[a-z0-9][a-z0-9_-]{0,63}$/;

export const EMPTY: BoardDraft = {
  board: '',
  name: '',
  policy: 'best',
  order: 'desc',
  subscoreOrder: '',
  subscoreName: '',
  rankStyle: 'ordinal',
  periods: ['all-time'],
  timeZone: 'UTC',
  season: '',
  unit: '',
  tiers: '',
  tournament: '',
  numbers: { decimals: '0', min_score: '', max_score: '', max_change: '', min_interval_ms: '', min_submissions: '1', keep_days: '' },
  private: false,
  openToPlayers: false,
};

export function draftOf(board: Board): BoardDraft {
  const numbers = NUMBER_NAMES.map((name) => [name, board[name] === null ? '' : String(board[name])]);
  return {
    board: board.board,
    name: board.name,
    policy: board.policy,
    order: board.order,
    subscoreOrder: board.subscore_order ?? '',
    subscoreName: board.subscore_name ?? '',
    rankStyle: board.rank_style,
    periods: board.periods,
    timeZone: board.time_zone,
    season: board.season ?? '',
    unit: board.unit ?? '',
    tiers: board.tiers.map(tierText).join(', '),
    tournament: board.tournament ? JSON.stringify(rulesOf(board.tournament)) : '',
    numbers: Object.fromEntries(numbers) as BoardDraft['numbers'],
    private: board.private,
    openToPlayers: board.open_to_players,
  };
}

/** Return the errors of the draft by field. The API checks everything else. */
export function flawsOf(draft: BoardDraft): Partial<Record<NumberName | 'board' | 'tiers' | 'tournament', string>> {
  const flaws = NUMBER_NAMES.filter((name) => !isNumber(draft.numbers[name], NUMBERS[name].least)).map(
    (name) => [name, wanted(NUMBERS[name].least)] as const,
  );
  return {
    ...(Object.fromEntries(flaws) as Partial<Record<NumberName, string>>),
    ...(tiersOf(draft.tiers).some(({ name }) => !name) && { tiers: 'Write names between commas.' }),
    ...(tournamentOf(draft.tournament) === undefined && { tournament: 'Write a JSON object, or leave it empty.' }),
    ...(!SLUG.test(draft.board) && { board: 'Use 1 to 64 lower-case letters, digits, - and _.' }),
  };
}

/** Return a tier as text, such as `gold score 5000`. Without a limit, it is the name alone. */
function tierText({ name, ...limits }: Board['tiers'][number]): string {
  return [name, ...Object.entries(limits).flat()].join(' ');
}

function tiersOf(text: string): TierIn[] {
  return text.trim() === '' ? [] : text.split(',').map(tierOf);
}

function tierOf(text: string): TierIn {
  const limited = /^(.+) (score|rank|percent) (-?[\d.]+)$/.exec(text.trim());
  return limited ? { name: limited[1] ?? '', [limited[2] ?? '']: Number(limited[3]) } : { name: text.trim() };
}

/** Return the rules that differ from their defaults. */
function rulesOf(tournament: NonNullable<Board['tournament']>): TournamentIn {
  const rules = Object.entries(tournament).filter(
    ([, value]) => value !== null && value !== false && value !== 0 && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(rules);
}

/** Return the rules of a tournament in a text, null for an empty text, undefined for a text that is no object. */
function tournamentOf(text: string): TournamentIn | null | undefined {
  if (text.trim() === '') return null;
  try {
    const rules: unknown = JSON.parse(text);
    return typeof rules === 'object' && rules !== null && !Array.isArray(rules) ? rules : undefined;
  } catch {
    return undefined;
  }
}

function wanted(least: number): string {
  return least >= 0 ? `Enter a whole number from ${least}, or leave it empty.` : 'Enter a whole number, or leave it empty.';
}

function isNumber(text: string, least: number): boolean {
  if (text.trim() === '') return true;
  return /^-?\d+$/.test(text.trim()) && Number.isSafeInteger(Number(text)) && Number(text) >= least;
}

export function settingsOf(draft: BoardDraft): Settings {
  const numbers = NUMBER_NAMES.map((name) => [name, draft.numbers[name].trim() === '' ? null : Number(draft.numbers[name])]);
  const { decimals, min_submissions, ...limits } = Object.fromEntries(numbers) as Record<NumberName, number | null>;
  return {
    name: draft.name.trim() || draft.board,
    policy: draft.policy,
    order: draft.order,
    subscore_order: draft.subscoreOrder || null,
    subscore_name: (draft.subscoreOrder && draft.subscoreName.trim()) || null,
    rank_style: draft.rankStyle,
    periods: [...draft.periods],
    time_zone: draft.timeZone.trim(),
    season: draft.season.trim() || null,
    unit: draft.unit.trim() || null,
    tiers: tiersOf(draft.tiers),
    tournament: tournamentOf(draft.tournament) ?? null,
    decimals: decimals ?? 0,
    min_submissions: min_submissions ?? 1,
    ...limits,
    private: draft.private,
    open_to_players: draft.openToPlayers,
  };
}

/** Return only the settings that differ from the board's. */
export function changesOf(draft: BoardDraft, board: Board): Partial<Settings> {
  const before = settingsOf(draftOf(board));
  const changed = Object.entries(settingsOf(draft)).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof Settings]),
  );
  return Object.fromEntries(changed);
}
