import { useId } from 'react';

import { inWords } from '../api/errors';
import { useConsoleText } from './i18n/text';

interface Props {
  readonly act: string;
  readonly close: () => void;
  readonly pending: boolean;
  readonly error: unknown;
  /** Reason why the action is not possible yet, null if it is possible. */
  readonly missing?: string | null;
  /** Text beside the buttons while the action is possible. */
  readonly note?: string | null;
}

/** Footer of a dialog's form: buttons to act and to cancel, the error, and the reason for a disabled button. */
export function Answers({ act, close, pending, error, missing = null, note = null }: Props) {
  const id = useId();
  const words = useConsoleText();
  return (
    <div>
      <div role="alert" className="mb-3 text-sm text-down empty:hidden">
        {error ? inWords(error) : null}
      </div>
      <div className="flex flex-wrap items-center justify-end gap-x-3 gap-y-2">
        <p id={id} className="mr-auto text-sm text-muted">
          {missing ?? note}
        </p>
        <button type="button" className="button" onClick={close}>
          {words.cancel}
        </button>
        <button
          type="submit"
          className="button button-primary"
          disabled={missing !== null || pending}
          aria-describedby={missing === null ? undefined : id}
        >
          {act}
        </button>
      </div>
    </div>
  );
}
