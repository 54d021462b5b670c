import { createContext, use, useMemo, type ReactNode } from 'react';

import { formatNumber } from '../format/numbers';
import { PLAIN, scoreFormat, type ScoreFormat } from '../format/scores';
import { useBoard } from './useBoard';

export interface BoardScores extends ScoreFormat {
  /** Return the text for a subscore. Null on boards without one. */
  readonly second: ((subscore?: number) => string) | null;
}

const WITHOUT_BOARD: BoardScores = { ...scoreFormat(PLAIN), second: null };
const ScoresContext = createContext(WITHOUT_BOARD);

/** Provider of the selected board's score format. */
export function ScoresOfBoard({ children }: { children: ReactNode }) {
  const { unit, decimals, subscore_order: order } = useBoard() ?? { ...PLAIN, subscore_order: null };
  const format = useMemo(
    () => ({ ...scoreFormat({ unit, decimals }), second: order === null ? null : inWords }),
    [unit, decimals, order],
  );
  return <ScoresContext value={format}>{children}</ScoresContext>;
}

export function useScores(): BoardScores {
  return use(ScoresContext);
}

function inWords(subscore = 0): string {
  return `subscore ${formatNumber(subscore)}`;
}
