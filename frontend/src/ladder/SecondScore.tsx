import { useScores, type SecondNumbers } from './scores';

/** Subscore or tiebreakers, in small print below the score. Empty on boards without them. */
export function SecondScore({ of, className = '' }: { of: SecondNumbers; className?: string }) {
  const { second } = useScores();
  return second && <span className={`block text-xs font-normal text-muted ${className}`}>{second(of)}</span>;
}
