import { useNavigate } from '@tanstack/react-router';

import { useSurroundings } from '../api/context';
import { formatPeriod } from '../format/periods';
import { useText } from '../i18n/text';
import { Select } from '../ui/Select';
import { useBoard } from './useBoard';
import { usePastPeriods } from './usePeriods';

/** Selection of another period of the board, current or past, if there is one. */
export function PeriodPicker() {
  const { period } = useSurroundings().ladder;
  const navigate = useNavigate();
  const words = useText();
  const board = useBoard();
  const past = usePastPeriods();
  if (!board) return null;
  const [current = ''] = board.periods;
  const shown = period ?? current;
  const options = [
    ...board.periods.map((kind) => [kind, words.kinds[kind]] as const),
    ...past.map((bounds) => [bounds.period, formatPeriod(bounds, board.time_zone)] as const),
  ];
  // Add the period in the address, which may be older than all listed periods.
  if (!options.some(([name]) => name === shown)) options.push([shown, shown]);
  if (options.length < 2) return null;

  function choose(chosen: string): void {
    void navigate({ to: '.', search: { period: chosen === current ? undefined : chosen } });
  }

  return <Select<string> label={words.period} inline value={shown} options={options} choose={choose} />;
}
