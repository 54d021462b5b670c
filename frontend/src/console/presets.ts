import type { NoticeType } from '../api/types';
import type { BoardDraft } from './boardDraft';
import { jsonText } from './jsonText';

export type PresetName = 'none' | 'laps' | 'weekly' | 'league' | 'cup' | 'season';

/** Settings that every preset contains. Choosing a preset thereby overwrites all settings of an earlier choice. */
const USUAL: Partial<BoardDraft> = {
  policy: 'best',
  order: 'desc',
  subscoreOrder: '',
  unit: '',
  season: '',
  tiers: '',
  league: '',
  tournament: '',
  rewards: '',
  events: [],
};

/** Types of notices that the boards with rewards send. Such notices are sent only when a period is settled. */
const OF_SETTLEMENT: readonly NoticeType[] = ['period.settled', 'award.granted', 'award.revoked'];

/** Settings of typical boards. Choosing a preset fills the form for a new board with the preset's settings. */
export const PRESETS: Readonly<Record<PresetName, Partial<BoardDraft>>> = {
  none: {},
  laps: { ...USUAL, order: 'asc', unit: 'ms', periods: ['all-time'] },
  weekly: { ...USUAL, periods: ['weekly', 'all-time'] },
  league: {
    ...USUAL,
    policy: 'sum',
    periods: ['weekly', 'all-time'],
    league: jsonText({
      period: 'weekly',
      divisions: ['Diamond', 'Gold', 'Silver', 'Bronze', 'Iron'],
      group_size: 30,
      promotion: { places: 7 },
      relegation: { places: 7 },
    }),
    rewards: jsonText({
      period: 'weekly',
      rewards: [
        { reward: 'group-winner', league: { last_group_rank: 1 }, payload: { gold: 50 } },
        { reward: 'promoted', league: { movement: 'promoted' }, payload: { gold: 20 } },
      ],
    }),
    events: OF_SETTLEMENT,
  },
  cup: {
    ...USUAL,
    periods: ['season', 'all-time'],
    season: '0 18 * * FRI',
    tournament: jsonText({ duration_s: 172_800, max_attempts: 3, late_grace_s: 60 }),
    rewards: jsonText({
      period: 'season',
      rewards: [
        { reward: 'winner', last_rank: 1, payload: { cup: 1 } },
        { reward: 'podium', first_rank: 2, last_rank: 3, payload: { gold: 50 } },
      ],
    }),
    events: OF_SETTLEMENT,
  },
  season: {
    ...USUAL,
    policy: 'sum',
    periods: ['season', 'all-time'],
    season: '0 0 1 */3 *',
    tiers: 'Legend percent 1, Gold percent 10, Silver percent 30, Bronze',
    rewards: jsonText({
      period: 'season',
      rewards: ['Legend', 'Gold', 'Silver'].map((tier) => ({ reward: tier.toLowerCase(), tier, payload: { badge: tier } })),
    }),
    events: OF_SETTLEMENT,
  },
};

export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];
