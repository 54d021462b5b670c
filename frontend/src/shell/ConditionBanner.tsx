import { useCondition } from './useCondition';

const WORDS = {
  offline: 'You are offline. This is what was last loaded; it updates when you are back.',
  unreachable: 'The service cannot be reached just now. This is what was last loaded; it updates by itself.',
  degraded: 'The fast index is being repaired. Ranks come straight from the database: exact, but slower.',
} as const;

export function ConditionBanner() {
  const shown = useCondition();
  return (
    <div role="status">
      {shown !== 'fine' && (
        <p className="border-b border-accent/30 bg-wash px-4 py-2.5 text-center text-sm text-ink text-balance">
          {WORDS[shown]}
        </p>
      )}
    </div>
  );
}
