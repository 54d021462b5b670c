import { onlineManager } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';

import { condition, type Condition } from '../api/condition';

/** Return how the answers come in just now. */
export function useCondition(): Condition | 'offline' {
  const state = useSyncExternalStore((listener) => condition.subscribe(listener), condition.get);
  const online = useSyncExternalStore(
    (listener) => onlineManager.subscribe(listener),
    () => onlineManager.isOnline(),
  );
  return online ? state : 'offline';
}
