import { useScores } from './scores';

/** Subscore, in small print below the score. Empty on boards without one. */
export function SecondScore({ of: { subscore }, className = '' }: { of: { readonly subscore?: number }; className?: string }) {
  const { second } = useScores();
  return second && <span className={`block text-xs font-normal text-muted ${className}`}>{second(subscore)}</span>;
}
