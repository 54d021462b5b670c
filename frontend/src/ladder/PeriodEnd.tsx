import { cityOf, differsFromReader, formatEnd, formatLeft } from '../format/countdown';
import { formatExact } from '../format/times';
import { text, useText } from '../i18n/text';
import { useMoments } from '../moments/useMoments';
import { useNow } from '../ui/useNow';
import { useBoard } from './useBoard';
import { usePeriod } from './usePeriods';

/**
 * End of the selected period: the time left, and the end in the time zones of the reader and of the board. Empty at a past
 * moment.
 */
export function PeriodEnd() {
  useText();
  const now = useNow();
  const timeZone = useBoard()?.time_zone;
  const end = usePeriod()?.ends_at;
  const { at } = useMoments();
  if (timeZone === undefined || !end || at !== undefined) return null;
  return (
    <p className="text-sm text-muted">
      <time dateTime={end} title={formatExact(end)}>
        {endInWords(end, timeZone, now)}
      </time>
    </p>
  );
}

export function endInWords(end: string, timeZone: string, now: number): string {
  const words = text();
  const left = Date.parse(end) - now;
  if (left <= 0) return words.ended(formatExact(end));
  const there = `${formatEnd(end, timeZone)} ${cityOf(timeZone)}`;
  return differsFromReader(end, timeZone) ? words.ends(formatLeft(left), formatEnd(end), there) : words.ends(formatLeft(left), there, null);
}
