import { useState, type ReactNode } from 'react';

import { Field } from '../ui/Field';
import { DialogForm } from './DialogForm';
import { ReasonField } from './ReasonField';
import type { ConsoleMessages } from './i18n/en';
import { useConsoleText } from './i18n/text';

interface Props {
  readonly title: string;
  readonly act: string;
  /** Text to type before the action: a reason, or the given text `typed`. If not set, a click suffices. */
  readonly asks?: 'reason' | { readonly typed: string };
  /** Reason why the action is impossible, whatever is typed. */
  readonly obstacle?: string | null;
  readonly pending: boolean;
  readonly error: unknown;
  /** Function to call with the typed text. */
  readonly confirm: (text: string) => void;
  readonly close: () => void;
  /** Description of the affected object and of the consequences. */
  readonly children: ReactNode;
}

/** Dialog that asks before an action. */
export function Confirmation({ title, act, asks, obstacle = null, pending, error, confirm, close, children }: Props) {
  const words = useConsoleText();
  const [text, setText] = useState('');
  const typed = text.trim();
  const missing = obstacle ?? missingIn(asks, typed, words);
  return (
    <DialogForm
      title={title}
      close={close}
      act={act}
      submit={() => confirm(typed)}
      pending={pending}
      error={error}
      missing={missing}
    >
      <div className="space-y-3 text-muted">{children}</div>
      {asks === 'reason' && <ReasonField value={text} set={setText} />}
      {typeof asks === 'object' && (
        <Field label={words.typeToConfirm(asks.typed)} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      )}
    </DialogForm>
  );
}

/** Return a text that names the missing input, null if nothing more has to be typed. */
function missingIn(asks: Props['asks'], typed: string, words: ConsoleMessages): string | null {
  if (asks === 'reason') return typed === '' ? words.enterReason : null;
  return asks === undefined || typed === asks.typed ? null : words.typeFirst(asks.typed);
}
