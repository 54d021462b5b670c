import type { BoardDraft } from './boardDraft';

export type PresetName = 'none' | 'laps' | 'weekly' | 'season';

/** Settings of usual boards, to start from. */
export const PRESETS: Readonly<Record<PresetName, Partial<BoardDraft>>> = {
  none: {},
  laps: { policy: 'best', order: 'asc', subscoreOrder: '', unit: 'ms', periods: ['all-time'], season: '' },
  weekly: { policy: 'best', order: 'desc', subscoreOrder: '', unit: '', periods: ['weekly', 'all-time'], season: '' },
  season: { policy: 'sum', order: 'desc', subscoreOrder: '', unit: '', periods: ['season', 'all-time'], season: '0 0 1 */3 *' },
};

export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];
