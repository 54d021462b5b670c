import { useConsoleText } from '../i18n/text';
import { ENTRIES_PER_PAGE } from './entries';

interface Props {
  /** Position of the first entry in view, from 1. */
  readonly position: number;
  readonly total: number;
  readonly go: (position: number) => void;
}

/** Buttons to the pages before and after this page. Renders nothing if the board has only one page. */
export function Pager({ position, total, go }: Props) {
  const words = useConsoleText();
  const last = Math.min(position + ENTRIES_PER_PAGE - 1, total);
  if (position === 1 && last >= total) return null;
  return (
    <nav aria-label={words.moderation.pages} className="flex items-center justify-between gap-3 border-t border-line px-4 py-3 sm:px-6">
      <button type="button" className="button" disabled={position === 1} onClick={() => go(Math.max(1, position - ENTRIES_PER_PAGE))}>
        {words.moderation.before}
      </button>
      <p role="status" className="text-sm text-muted tabular-nums">
        {words.moderation.ranksShown(position, last)}
      </p>
      <button type="button" className="button" disabled={last >= total} onClick={() => go(position + ENTRIES_PER_PAGE)}>
        {words.moderation.after}
      </button>
    </nav>
  );
}
