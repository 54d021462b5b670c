import { Field } from '../../ui/Field';
import { Select } from '../../ui/Select';
import { ACTIONS, flawsIn, type Filters } from './filters';

const OPTIONS = [['', 'all actions'], ...ACTIONS.map((action) => [action, action] as const)] as const;

interface Props {
  readonly filters: Filters;
  readonly set: (filters: Filters) => void;
}

export function AuditFilters({ filters, set }: Props) {
  const flaws = flawsIn(filters);
  return (
    <div
      role="search"
      aria-label="Audit log"
      className="grid grid-cols-2 items-start gap-3 border-b border-line px-4 py-4 sm:px-6 lg:grid-cols-4"
    >
      <Select label="Action" value={filters.action} options={OPTIONS} choose={(action) => set({ ...filters, action })} />
      <Field
        label="Actor"
        placeholder="key:ops"
        value={filters.actor}
        flaw={flaws.actor}
        onChange={(event) => set({ ...filters, actor: event.currentTarget.value })}
      />
      <Field
        label="Board"
        placeholder="laps"
        value={filters.board}
        flaw={flaws.board}
        onChange={(event) => set({ ...filters, board: event.currentTarget.value })}
      />
      <Field
        label="Player’s id"
        inputMode="numeric"
        placeholder="123"
        value={filters.player}
        flaw={flaws.player}
        onChange={(event) => set({ ...filters, player: event.currentTarget.value })}
      />
    </div>
  );
}
