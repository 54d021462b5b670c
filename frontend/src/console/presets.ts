import type { BoardDraft } from './boardDraft';

interface Preset {
  readonly label: string;
  readonly help: string;
  readonly settings: Partial<BoardDraft>;
}

export type PresetName = 'none' | 'laps' | 'weekly' | 'season';

/** Settings of usual boards, to start from. */
export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  none: { label: 'None', help: 'Start from a usual board, then change its settings.', settings: {} },
  laps: {
    label: 'Lap time',
    help: 'The lowest time of each player counts, in milliseconds.',
    settings: { policy: 'best', order: 'asc', subscoreOrder: '', unit: 'ms', periods: ['all-time'], season: '' },
  },
  weekly: {
    label: 'Weekly high score',
    help: 'The highest score of each player counts. Each week begins empty.',
    settings: { policy: 'best', order: 'desc', subscoreOrder: '', unit: '', periods: ['weekly', 'all-time'], season: '' },
  },
  season: {
    label: 'Season ladder',
    help: 'All points of a player add up. Each quarter begins a new season.',
    settings: { policy: 'sum', order: 'desc', subscoreOrder: '', unit: '', periods: ['season', 'all-time'], season: '0 0 1 */3 *' },
  },
};

export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];
