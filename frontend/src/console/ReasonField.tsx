import { Field } from '../ui/Field';

/** Upper bound of the API for a reason, in characters. */
const MAX_REASON = 500;

export function ReasonField({ value, set }: { value: string; set: (reason: string) => void }) {
  return (
    <Field
      label="Reason"
      value={value}
      maxLength={MAX_REASON}
      help="Stored in the audit log."
      onChange={(event) => set(event.currentTarget.value)}
    />
  );
}
