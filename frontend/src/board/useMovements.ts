import { useEffect, useState } from 'react';

import type { Entry } from '../api/types';
import { movements, type Movement } from './movement';

const SHOWN_MS = 8_000;
const NONE: ReadonlyMap<number, Movement> = new Map();

interface Read {
  readonly ladder: string;
  readonly entries: readonly Entry[];
}

/** Return the movements of the last seconds by player id. The first read of a ladder yields none. */
export function useMovements(entries: readonly Entry[] | undefined, ladder = ''): ReadonlyMap<number, Movement> {
  const [latest, setLatest] = useState<Read | null>(null);
  const [moved, setMoved] = useState(NONE);

  if (entries && (entries !== latest?.entries || ladder !== latest.ladder)) {
    const changes = latest?.ladder === ladder ? movements(latest.entries, entries) : NONE;
    setLatest({ ladder, entries });
    if (changes.size > 0) setMoved(changes);
  }

  useEffect(() => {
    if (moved.size === 0) return;
    const timer = setTimeout(() => setMoved(NONE), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [moved]);

  return moved;
}
