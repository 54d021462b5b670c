import { useEffect, useState } from 'react';

import type { Entry } from '../api/types';
import { movements, type Movement } from './movement';

const SHOWN_MS = 8_000;
const NONE: ReadonlyMap<number, Movement> = new Map();

/** Return recent movements by player id. Each one is dropped after some seconds. */
export function useMovements(entries: readonly Entry[] | undefined): ReadonlyMap<number, Movement> {
  const [seen, setSeen] = useState<readonly Entry[] | null>(null);
  const [moved, setMoved] = useState(NONE);

  if (entries && entries !== seen) {
    const found = movements(seen, entries);
    setSeen(entries);
    if (found.size > 0) setMoved(found);
  }

  useEffect(() => {
    if (moved.size === 0) return;
    const timer = setTimeout(() => setMoved(NONE), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [moved]);

  return moved;
}
