import type { KeyboardEvent } from 'react';

import { useText } from '../i18n/text';

interface Props {
  /** Row at the top of the view (`row`), and the number of all rows (`rows`). */
  readonly row: number;
  readonly rows: number;
  /** Number of leading ranks that are not in the list. */
  readonly skipped: number;
  readonly jumpTo: (row: number) => void;
}

const STEPS: Readonly<Record<string, number>> = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10 };

/** Scrollbar of the complete ranking. The browser's own scrollbar covers only the rendered window. */
export function Rail({ row, rows, skipped, jumpTo }: Props) {
  const words = useText();

  function onKeyDown(event: KeyboardEvent): void {
    // Handle the arrow keys here: browsers disagree on the direction of a vertical slider.
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    jumpTo(Math.min(Math.max(0, row + step), rows - 1));
  }

  return (
    <input
      type="range"
      className="rail absolute top-2 right-1 h-[calc(100%-1rem)] w-4 cursor-grab active:cursor-grabbing"
      aria-label={words.placeInRanking}
      aria-orientation="vertical"
      aria-valuetext={words.rankOf(row + 1 + skipped, rows + skipped)}
      min={0}
      max={Math.max(0, rows - 1)}
      value={row}
      onKeyDown={onKeyDown}
      onChange={(event) => jumpTo(event.currentTarget.valueAsNumber)}
    />
  );
}
