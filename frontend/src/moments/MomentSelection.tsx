import { Suspense } from 'react';

import { useBoard } from '../ladder/useBoard';
import { lazyPage } from '../lazyPage';
import { useFirstMoment, useMoments } from './useMoments';

// Load the code of past moments on demand: few boards have them.
const MomentControls = lazyPage(() => import('./MomentControls'), 'MomentControls');

/** Selection of past moments. Empty while the board has none, unless the address has one: then it is the way back. */
export function MomentSelection() {
  const first = useFirstMoment();
  const { at } = useMoments();
  if (useBoard()?.moment_days == null || (first === null && at === undefined)) return null;
  return (
    <Suspense>
      <MomentControls />
    </Suspense>
  );
}
