import { LookBack } from './LookBack';
import { MovementPicker } from './MovementPicker';

/** Selection of the moment to compare with, and of the moment to show. Only boards with moments have it. */
export function MomentControls() {
  return (
    <div className="flex flex-wrap gap-x-5 gap-y-2">
      <MovementPicker />
      <LookBack />
    </div>
  );
}
