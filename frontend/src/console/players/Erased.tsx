import type { Erasure } from '../../api/types';
import { Dialog } from '../../ui/Dialog';
import { useConsoleText } from '../i18n/text';

/** Result of an erasure, with the id that proves the erasure. */
export function Erased({ erasure: { erasure_id: id, events, standings }, close }: { erasure: Erasure; close: () => void }) {
  const words = useConsoleText();
  return (
    <Dialog title={words.players.erased} close={close}>
      <p className="mb-3 text-muted">{words.players.erasedCounts(events, standings)}</p>
      <p className="mb-5 rounded-xl bg-sunken px-4 py-3 font-mono text-sm break-all">{id}</p>
      <div className="flex justify-end">
        <button type="button" className="button button-primary" onClick={close}>
          {words.done}
        </button>
      </div>
    </Dialog>
  );
}
