import { useState, type ReactNode } from 'react';

import { Dialog } from '../ui/Dialog';
import { Answers } from './Answers';
import { ReasonField } from './ReasonField';

interface Props {
  readonly title: string;
  readonly act: string;
  readonly pending: boolean;
  readonly error: unknown;
  readonly confirm: (reason: string) => void;
  readonly close: () => void;
  /** Description of the affected entry and of the consequences. */
  readonly children: ReactNode;
}

/** Dialog that asks for the reason of an action. */
export function ReasonDialog({ title, act, pending, error, confirm, close, children }: Props) {
  const [reason, setReason] = useState('');
  return (
    <Dialog title={title} close={close}>
      <form
        className="space-y-5"
        onSubmit={(event) => {
          event.preventDefault();
          if (reason.trim()) confirm(reason.trim());
        }}
      >
        <div className="space-y-3 text-muted">{children}</div>
        <ReasonField value={reason} set={setReason} />
        <Answers act={act} close={close} pending={pending} error={error} missing={reason.trim() ? null : 'Enter a reason.'} />
      </form>
    </Dialog>
  );
}
