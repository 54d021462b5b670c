import type { Erasure } from '../../api/types';
import { plural } from '../../format/numbers';
import { Dialog } from '../../ui/Dialog';

/** Result of an erasure, with the id that proves it. */
export function Erased({ erasure: { erasure_id: id, events, standings }, close }: { erasure: Erasure; close: () => void }) {
  return (
    <Dialog title="Erased" close={close}>
      <p className="mb-3 text-muted">
        {plural(events, 'submission', 'submissions')} and {plural(standings, 'standing', 'standings')} are gone. Keep this id as the
        proof; the audit log has it too.
      </p>
      <p className="mb-5 rounded-xl bg-sunken px-4 py-3 font-mono text-sm break-all">{id}</p>
      <div className="flex justify-end">
        <button type="button" className="button button-primary" onClick={close}>
          Done
        </button>
      </div>
    </Dialog>
  );
}
