import { useScores } from './scores';

/** The score that decides among equals, in small print below the first; nothing on boards without one. */
export function SecondScore({ of: { subscore }, className = '' }: { of: { readonly subscore: number }; className?: string }) {
  const { second } = useScores();
  return second && <span className={`block text-xs font-normal text-muted ${className}`}>{second(subscore)}</span>;
}
