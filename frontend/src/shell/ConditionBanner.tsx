import { useText } from '../i18n/text';
import { useCondition } from './useCondition';

const BANNERS = { offline: 'offlineBanner', unreachable: 'unreachableBanner', degraded: 'degradedBanner' } as const;

export function ConditionBanner() {
  const words = useText();
  const state = useCondition();
  return (
    <div role="status">
      {state !== 'fine' && (
        <p className="border-b border-accent/30 bg-wash px-4 py-2.5 text-center text-sm text-ink text-balance">
          {words[BANNERS[state]]}
        </p>
      )}
    </div>
  );
}
