import { Field } from '../ui/Field';
import { useConsoleText } from './i18n/text';

/** Upper bound of the API for a reason, in characters. */
const MAX_REASON = 500;

export function ReasonField({ value, set }: { value: string; set: (reason: string) => void }) {
  const words = useConsoleText();
  return (
    <Field
      label={words.reason}
      value={value}
      maxLength={MAX_REASON}
      help={words.reasonHelp}
      onChange={(event) => set(event.currentTarget.value)}
    />
  );
}
