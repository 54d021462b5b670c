import { formatAgo, formatExact } from '../format/times';
import { useNow } from './useNow';

export function Ago({ time, short = false, className }: { time: string; short?: boolean; className?: string }) {
  const now = useNow();
  return (
    <time dateTime={time} title={formatExact(time)} className={className}>
      {formatAgo(time, now, short ? 'narrow' : 'long')}
    </time>
  );
}
