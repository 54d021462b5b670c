import type { BoardDraft } from './boardDraft';

export type PresetName = 'none' | 'laps' | 'weekly' | 'league' | 'season';

/** Settings of usual boards, to start from. */
export const PRESETS: Readonly<Record<PresetName, Partial<BoardDraft>>> = {
  none: {},
  laps: { policy: 'best', order: 'asc', subscoreOrder: '', unit: 'ms', periods: ['all-time'], season: '', league: '' },
  weekly: { policy: 'best', order: 'desc', subscoreOrder: '', unit: '', periods: ['weekly', 'all-time'], season: '', league: '' },
  league: {
    policy: 'sum',
    order: 'desc',
    subscoreOrder: '',
    unit: '',
    periods: ['weekly', 'all-time'],
    season: '',
    league: JSON.stringify({
      period: 'weekly',
      divisions: ['Diamond', 'Gold', 'Silver', 'Bronze', 'Iron'],
      group_size: 30,
      promotion: { places: 7 },
      relegation: { places: 7 },
    }),
  },
  season: { policy: 'sum', order: 'desc', subscoreOrder: '', unit: '', periods: ['season', 'all-time'], season: '0 0 1 */3 *', league: '' },
};

export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];
