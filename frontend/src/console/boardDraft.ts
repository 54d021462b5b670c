import type { Board, BoardIn, Kind, LeagueIn, NoticeType, Order, Policy, RankStyle, RewardTableIn, TeamFunction, TierIn, TournamentIn } from '../api/types';
import type { ConsoleMessages } from './i18n/en';
import { feedDraftsOf, feedsOf, flawOfFeeds, type FeedDraft } from './feedDraft';
import { jsonText } from './jsonText';
import { flawOfTiebreakers, tiebreakerDraftsOf, tiebreakersOf, type TiebreakerDraft } from './tiebreakerDraft';
import { isRounded, parseObject } from '../format/jsonObjects';
import { GREATEST_LONG, PLAIN, parseLongScore, scoreFormat, type Score } from '../format/scores';

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
  readonly segments: string;
  /** Slug of the board whose scores a team board combines, empty for a board of players. */
  readonly teamSource: string;
  readonly teamFunction: TeamFunction;
  readonly teamMembers: string;
  readonly tournament: string;
  readonly league: string;
  readonly rewards: string;
  readonly events: readonly NoticeType[];
  readonly numbers: Readonly<Record<NumberName, string>>;
  readonly private: boolean;
  readonly openToPlayers: boolean;
  readonly scoreType: ScoreType;
  readonly feeds: readonly FeedDraft[];
  readonly tiebreakers: readonly TiebreakerDraft[];
}

export type ScoreType = NonNullable<Board['score_type']>;

/** Smallest valid value of each number of the form. */
export const NUMBERS = {
  decimals: 0,
  min_score: Number.MIN_SAFE_INTEGER,
  max_score: Number.MIN_SAFE_INTEGER,
  max_change: 0,
  min_interval_ms: 0,
  min_submissions: 1,
  keep_days: 1,
  moment_days: 1,
} as const;

const JSON_NAMES = ['tournament', 'league', 'rewards'] as const;

export type JsonName = (typeof JSON_NAMES)[number];
export type NumberName = keyof typeof NUMBERS;
/** Setting whose values are scores of the board. */
type ScoreName = 'min_score' | 'max_score';
export type Settings = Omit<BoardIn, 'board'>;

export const NUMBER_NAMES = Object.keys(NUMBERS) as NumberName[];
const MAX_SEGMENTS = 4;
const ATTRIBUTE = /^[a-z][a-z0-9_]{0,31}$/;
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
  segments: '',
  teamSource: '',
  teamFunction: 'sum',
  teamMembers: '',
  tournament: '',
  league: '',
  rewards: '',
  events: [],
  numbers: { decimals: '0', min_score: '', max_score: '', max_change: '', min_interval_ms: '', min_submissions: '1', keep_days: '', moment_days: '' },
  private: false,
  openToPlayers: false,
  scoreType: 'number',
  feeds: [],
  tiebreakers: [],
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
    segments: board.segments.join(', '),
    teamSource: board.team?.source ?? '',
    teamFunction: board.team?.function ?? 'sum',
    teamMembers: board.team?.members ? String(board.team.members) : '',
    tournament: board.tournament ? jsonText(rulesOf(board.tournament)) : '',
    league: board.league ? jsonText(board.league) : '',
    rewards: board.rewards ? jsonText(board.rewards) : '',
    events: board.events,
    numbers: Object.fromEntries(numbers) as BoardDraft['numbers'],
    private: board.private,
    openToPlayers: board.open_to_players,
    scoreType: board.score_type ?? 'number',
    feeds: feedDraftsOf(board),
    tiebreakers: tiebreakerDraftsOf(board),
  };
}

type FlawedField = NumberName | JsonName | 'board' | 'scoreType' | 'tiers' | 'segments' | 'team' | 'feeds' | 'tiebreakers';

/**
 * Return the errors that the form can find in the draft, by field. The API checks everything else. `initial` is the
 * draft with which the form was opened.
 */
export function flawsOf(draft: BoardDraft, words: ConsoleMessages, boards: readonly Board[] = [], initial = EMPTY): Partial<Record<FlawedField, string>> {
  const { form } = words;
  const flaws = NUMBER_NAMES.filter((name) => !isValidNumber(draft, name)).map((name) => [name, ruleOfNumber(draft, name, words)] as const);
  const [scoreType, feeds, tiers] = [flawOfScoreType(draft, words), flawOfFeeds(draft, boards, form.feeds), flawOfTiers(draft, words)];
  const tiebreakers = flawOfTiebreakers(draft, form.tiebreakers);
  return {
    ...(Object.fromEntries(flaws) as Partial<Record<NumberName, string>>),
    ...(scoreType !== undefined && { scoreType }),
    ...(feeds !== undefined && { feeds }),
    ...(tiebreakers !== undefined && { tiebreakers }),
    ...(tiers !== undefined && { tiers }),
    ...(!areSegments(segmentsOf(draft.segments)) && { segments: form.segmentsFlaw }),
    ...(!hasTeamMembers(draft) && { team: form.wholeNumberFrom(1) }),
    ...jsonFlaws(draft, initial, words),
    ...(!SLUG.test(draft.board) && { board: form.slugFlaw }),
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
  return limited ? { name: limited[1] ?? '', [limited[2] ?? '']: exact(limited[3] ?? '') } : { name: text.trim() };
}

/** Return the reason why the tiers are invalid, undefined if they are valid. */
function flawOfTiers({ tiers: text, scoreType }: BoardDraft, { form }: ConsoleMessages): string | undefined {
  const tiers = tiersOf(text);
  if (tiers.some(({ name }) => !name)) return form.tiersFlaw;
  const isScore = (score: Score) => (typeof score === 'number' ? Number.isSafeInteger(score) : scoreType === 'int64');
  return tiers.every(({ score }) => isScore(score ?? 0)) ? undefined : form.tiersScoreFlaw(greatestScore(scoreType));
}

/** Return the number in a text, or the digits of a 64-bit score, which a number could not hold, in their shortest form. */
function exact(text: string): number | string {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : (parseLongScore(text) ?? value);
}

function segmentsOf(text: string): string[] {
  return text.trim() === '' ? [] : text.split(',').map((name) => name.trim());
}

function areSegments(names: readonly string[]): boolean {
  return names.length <= MAX_SEGMENTS && new Set(names).size === names.length && names.every((name) => ATTRIBUTE.test(name));
}

/** Return whether a team board has the number of members that its function needs. */
function hasTeamMembers({ teamSource, teamFunction, teamMembers }: BoardDraft): boolean {
  return teamSource === '' || teamFunction === 'sum' || (teamMembers.trim() !== '' && isNumber(teamMembers, 1));
}

/** Return the rules of a team board, null for a board of players. */
function teamOf({ teamSource, teamFunction, teamMembers }: BoardDraft): NonNullable<Settings['team']> | null {
  if (teamSource === '') return null;
  return { source: teamSource, function: teamFunction, ...(teamFunction !== 'sum' && { members: Number(teamMembers) }) };
}

/** Return the rules of a tournament that differ from their defaults. */
function rulesOf(tournament: NonNullable<Board['tournament']>): TournamentIn {
  const rules = Object.entries(tournament).filter(
    ([, value]) => value !== null && value !== false && value !== 0 && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(rules);
}

/**
 * Return the errors of the JSON fields of a draft. A stored setting may have integers that `draftOf` shows rounded.
 * Its unchanged text is valid, because `changesOf` does not send it.
 */
function jsonFlaws(draft: BoardDraft, initial: BoardDraft, { form }: ConsoleMessages): Partial<Record<JsonName, string>> {
  const invalid = JSON_NAMES.filter((name) => parseObject(draft[name]) === undefined).map((name) => [name, form.jsonFlaw]);
  const rounded = JSON_NAMES.filter((name) => isRounded(parseObject(draft[name])) && draft[name] !== initial[name]);
  const numberFlaw = form.jsonNumberFlaw(greatestScore('number'));
  return Object.fromEntries([...invalid, ...rounded.map((name) => [name, numberFlaw])]) as Partial<Record<JsonName, string>>;
}

/** Return whether the text of a JSON field is unchanged, and shows stored integers rounded. */
export function showsRounded(draft: BoardDraft, initial: BoardDraft, name: JsonName): boolean {
  return draft[name] === initial[name] && isRounded(parseObject(draft[name]));
}

function isNumber(text: string, least: number): boolean {
  if (text.trim() === '') return true;
  return /^-?\d+$/.test(text.trim()) && Number.isSafeInteger(Number(text)) && Number(text) >= least;
}

function isValidNumber(draft: BoardDraft, name: NumberName): boolean {
  return isNumber(draft.numbers[name], NUMBERS[name]) || (hasLongScores(draft, name) && parseLongScore(draft.numbers[name]) !== null);
}

/** Return whether a number of the form is a score of a board with 64-bit scores. */
function hasLongScores({ scoreType }: BoardDraft, name: NumberName): boolean {
  return scoreType === 'int64' && (name === 'min_score' || name === 'max_score');
}

function ruleOfNumber(draft: BoardDraft, name: NumberName, { form }: ConsoleMessages): string {
  if (hasLongScores(draft, name)) return form.longScore(greatestScore('int64'));
  return NUMBERS[name] >= 0 ? form.wholeNumberFrom(NUMBERS[name]) : form.wholeNumber;
}

/** Return the greatest score of a type, as text. */
export function greatestScore(type: ScoreType): string {
  return scoreFormat(PLAIN).full(type === 'int64' ? String(GREATEST_LONG) : Number.MAX_SAFE_INTEGER);
}

/** Return the reason why the board cannot have 64-bit scores, undefined if it can, or if it has numbers. */
function flawOfScoreType({ scoreType, teamSource }: BoardDraft, { form }: ConsoleMessages): string | undefined {
  return scoreType === 'int64' && teamSource !== '' ? form.longTeamFlaw : undefined;
}

export function settingsOf(draft: BoardDraft): Settings {
  const numbers = NUMBER_NAMES.map((name) => [name, draft.numbers[name].trim() === '' ? null : exact(draft.numbers[name])]);
  const { decimals, min_submissions, ...limits } = Object.fromEntries(numbers) as Record<Exclude<NumberName, ScoreName>, number | null> & Record<ScoreName, Score | null>;
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
    segments: segmentsOf(draft.segments),
    team: teamOf(draft),
    tournament: (parseObject(draft.tournament) ?? null),
    league: (parseObject(draft.league) ?? null) as LeagueIn | null,
    rewards: (parseObject(draft.rewards) ?? null) as RewardTableIn | null,
    events: [...draft.events],
    decimals: decimals ?? 0,
    min_submissions: min_submissions ?? 1,
    ...limits,
    private: draft.private,
    open_to_players: draft.openToPlayers,
    score_type: draft.scoreType,
    feeds: feedsOf(draft.feeds),
    tiebreakers: tiebreakersOf(draft.tiebreakers),
  };
}

/** Return only the settings in which the draft differs from the board. */
export function changesOf(draft: BoardDraft, board: Board): Partial<Settings> {
  const before = settingsOf(draftOf(board));
  const changed = Object.entries(settingsOf(draft)).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof Settings]),
  );
  return Object.fromEntries(changed);
}
