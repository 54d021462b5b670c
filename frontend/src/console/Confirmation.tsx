import { useState, type ReactNode } from 'react';

import { Dialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { Answers } from './Answers';

interface Props {
  readonly title: string;
  readonly act: string;
  /** Text that the user must type to confirm. Without it, a click suffices. */
  readonly typed?: string;
  readonly pending: boolean;
  readonly error: unknown;
  readonly confirm: () => void;
  readonly close: () => void;
  /** Description of the consequences. */
  readonly children: ReactNode;
}

/** Dialog that asks for confirmation of a permanent action. */
export function Confirmation({ title, act, typed, pending, error, confirm, close, children }: Props) {
  const [text, setText] = useState('');
  const isSure = typed === undefined || text.trim() === typed;
  return (
    <Dialog title={title} close={close}>
      <form
        className="space-y-5"
        onSubmit={(event) => {
          event.preventDefault();
          if (isSure) confirm();
        }}
      >
        <div className="space-y-3 text-muted">
          {children}
        </div>
        {typed !== undefined && (
          <Field label={`Type ${typed} to confirm`} value={text} onChange={(event) => setText(event.currentTarget.value)} />
        )}
        <Answers act={act} close={close} pending={pending} error={error} missing={isSure ? null : `Type ${typed} first.`} />
      </form>
    </Dialog>
  );
}
