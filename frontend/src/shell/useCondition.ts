import { onlineManager } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';

import { condition, type Condition } from '../api/condition';

/** Return the current state of the connection to the API. */
export function useCondition(): Condition | 'offline' {
  const state = useSyncExternalStore((listener) => condition.subscribe(listener), condition.get);
  const online = useSyncExternalStore(
    (listener) => onlineManager.subscribe(listener),
    () => onlineManager.isOnline(),
  );
  return online ? state : 'offline';
}
