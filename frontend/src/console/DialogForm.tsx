import type { ReactNode } from 'react';

import { Dialog } from '../ui/Dialog';
import { Answers } from './Answers';

interface Props {
  readonly title: string;
  readonly close: () => void;
  /** Text of the button that submits. */
  readonly act: string;
  readonly submit: () => void;
  readonly pending: boolean;
  readonly error: unknown;
  /** Reason why the action is not possible yet, null if it is possible. */
  readonly missing?: string | null;
  readonly children: ReactNode;
}

/** Dialog with a form of one action, its error, and the reason why it is not possible yet. */
export function DialogForm({ title, close, act, submit, pending, error, missing = null, children }: Props) {
  return (
    <Dialog title={title} close={close}>
      <form
        className="space-y-5"
        onSubmit={(event) => {
          event.preventDefault();
          if (missing === null) submit();
        }}
      >
        {children}
        <Answers act={act} close={close} pending={pending} error={error} missing={missing} />
      </form>
    </Dialog>
  );
}
