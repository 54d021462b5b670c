import type { NoticeType } from '../api/types';
import { Check } from './FieldGroup';

const TYPES: readonly NoticeType[] = [
  'score.improved',
  'rank.entered_top',
  'tier.changed',
  'period.closed',
  'period.settled',
  'award.granted',
  'award.revoked',
  'moderation.hidden',
  'moderation.shown',
  'moderation.removed',
  'moderation.restored',
  'moderation.set',
  'moderation.erased',
];

/** Choice of types of events. */
export function EventTypes({ types, set }: { types: readonly NoticeType[]; set: (types: readonly NoticeType[]) => void }) {
  return (
    <div className="grid grid-cols-1 gap-x-4 sm:grid-cols-2">
      {TYPES.map((type) => (
        <Check
          key={type}
          label={type}
          checked={types.includes(type)}
          set={(on) => set(TYPES.filter((name) => (name === type ? on : types.includes(name))))}
        />
      ))}
    </div>
  );
}
