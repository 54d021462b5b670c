import type { BoardDraft } from './boardDraft';

export type PresetName = 'none' | 'laps' | 'weekly' | 'league' | 'cup' | 'season';

/** Settings that every preset sets, so that it leaves nothing of the one chosen before. */
const USUAL: Partial<BoardDraft> = { policy: 'best', order: 'desc', subscoreOrder: '', unit: '', season: '', league: '', tournament: '' };

/** Settings of usual boards, to start from. */
export const PRESETS: Readonly<Record<PresetName, Partial<BoardDraft>>> = {
  none: {},
  laps: { ...USUAL, order: 'asc', unit: 'ms', periods: ['all-time'] },
  weekly: { ...USUAL, periods: ['weekly', 'all-time'] },
  league: {
    ...USUAL,
    policy: 'sum',
    periods: ['weekly', 'all-time'],
    league: JSON.stringify({
      period: 'weekly',
      divisions: ['Diamond', 'Gold', 'Silver', 'Bronze', 'Iron'],
      group_size: 30,
      promotion: { places: 7 },
      relegation: { places: 7 },
    }),
  },
  cup: {
    ...USUAL,
    periods: ['season', 'all-time'],
    season: '0 18 * * FRI',
    tournament: JSON.stringify({ duration_s: 172_800, max_attempts: 3, late_grace_s: 60 }),
  },
  season: { ...USUAL, policy: 'sum', periods: ['season', 'all-time'], season: '0 0 1 */3 *' },
};

export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];
