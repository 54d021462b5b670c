import { Suspense } from 'react';

import { useBoard } from '../ladder/useBoard';
import { lazyPage } from '../lazyPage';

// Load the code of past moments on demand: few boards have them.
const MomentControls = lazyPage(() => import('./MomentControls'), 'MomentControls');

/** Selection of past moments. Empty on boards without them. */
export function MomentSelection() {
  if (useBoard()?.moment_days == null) return null;
  return (
    <Suspense>
      <MomentControls />
    </Suspense>
  );
}
