import type { KeyboardEvent } from 'react';

import { formatNumber } from '../format/numbers';

interface Props {
  readonly row: number;
  readonly total: number;
  readonly jumpTo: (row: number) => void;
}

const STEPS: Readonly<Record<string, number>> = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10 };

/** Scrollbar of the complete ranking. The browser's own scrollbar covers only the rendered window. */
export function Rail({ row, total, jumpTo }: Props) {
  function onKeyDown(event: KeyboardEvent): void {
    // Handle the keys here: browsers disagree on the direction of a vertical slider.
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    jumpTo(Math.min(Math.max(0, row + step), total - 1));
  }

  return (
    <input
      type="range"
      className="rail absolute top-2 right-1 h-[calc(100%-1rem)] w-4 cursor-grab active:cursor-grabbing"
      aria-label="Place in the ranking"
      aria-orientation="vertical"
      aria-valuetext={`Rank ${formatNumber(row + 1)} of ${formatNumber(total)}`}
      min={0}
      max={Math.max(0, total - 1)}
      value={row}
      onKeyDown={onKeyDown}
      onChange={(event) => jumpTo(event.currentTarget.valueAsNumber)}
    />
  );
}
