import { Field } from '../../ui/Field';
import { Select } from '../../ui/Select';
import { useConsoleText } from '../i18n/text';
import { ACTIONS, malformed, type Filters } from './filters';

const NAMES = ACTIONS.map((action) => [action, action] as const);

interface Props {
  readonly filters: Filters;
  readonly set: (filters: Filters) => void;
}

export function AuditFilters({ filters, set }: Props) {
  const words = useConsoleText();
  const bad = malformed(filters);
  return (
    <div
      role="search"
      aria-label={words.tabs.audit}
      className="grid grid-cols-2 items-start gap-3 border-b border-line px-4 py-4 sm:px-6 lg:grid-cols-4"
    >
      <Select label={words.audit.action} value={filters.action} options={[['', words.audit.allActions] as const, ...NAMES]} choose={(action) => set({ ...filters, action })} />
      <Field
        label={words.audit.actor}
        placeholder="key:ops"
        value={filters.actor}
        flaw={bad.has('actor') ? words.audit.actorFlaw : undefined}
        onChange={(event) => set({ ...filters, actor: event.currentTarget.value })}
      />
      <Field
        label={words.board}
        placeholder="laps"
        value={filters.board}
        flaw={bad.has('board') ? words.audit.boardFlaw : undefined}
        onChange={(event) => set({ ...filters, board: event.currentTarget.value })}
      />
      <Field
        label={words.audit.playerId}
        inputMode="numeric"
        placeholder="123"
        value={filters.player}
        flaw={bad.has('player') ? words.audit.playerFlaw : undefined}
        onChange={(event) => set({ ...filters, player: event.currentTarget.value })}
      />
    </div>
  );
}
