import { useCondition } from './useCondition';

const WORDS = {
  offline: 'You are offline. The page shows the last loaded data. It updates when you are online again.',
  unreachable: 'The service is unreachable. The page shows the last loaded data. It updates when the service is back.',
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
