import { useText } from '../i18n/text';

/** Mark beside the reader's own name. */
export function You() {
  return <span className="shrink-0 rounded-md bg-accent px-1.5 py-0.5 text-xs font-medium text-on-accent">{useText().you}</span>;
}
