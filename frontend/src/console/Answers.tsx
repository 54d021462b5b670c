import { inWords } from '../api/errors';

interface Props {
  readonly act: string;
  readonly close: () => void;
  readonly pending: boolean;
  readonly error: unknown;
  readonly disabled?: boolean;
}

/** Footer of a dialog's form: buttons to act and to cancel, and the error. */
export function Answers({ act, close, pending, error, disabled = false }: Props) {
  return (
    <div>
      <div role="alert" className="mb-3 text-sm text-down empty:hidden">
        {error ? inWords(error) : null}
      </div>
      <div className="flex justify-end gap-2">
        <button type="button" className="button" onClick={close}>
          Cancel
        </button>
        <button type="submit" className="button button-primary" disabled={disabled || pending}>
          {act}
        </button>
      </div>
    </div>
  );
}
