import { useNavigate } from '@tanstack/react-router';

import { useText } from '../i18n/text';
import { Select } from '../ui/Select';
import type { Since } from './search';
import { useMomentTexts } from './texts';
import { useMoments, useSinceChoices } from './useMoments';

const LIVE = 'live';

/** Selection of the moment that the entries are compared with. Empty if the selected period has none, and at a past moment. */
export function MovementPicker() {
  const words = useMomentTexts();
  const { since: names } = useText().moved;
  const navigate = useNavigate();
  const { since = LIVE, at } = useMoments();
  const choices = useSinceChoices() ?? [];
  if (choices.length === 0 || at !== undefined) return null;

  function choose(choice: Since | typeof LIVE): void {
    const search = { since: choice === LIVE ? undefined : choice };
    void navigate({ to: '.', search: (current) => ({ ...current, ...search }), replace: true, resetScroll: false });
  }

  return (
    <Select<Since | typeof LIVE>
      label={words.movement}
      inline
      value={since}
      options={[[LIVE, words.live] as const, ...choices.map((choice) => [choice, names[choice]] as const)]}
      choose={choose}
    />
  );
}
