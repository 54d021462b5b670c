import { createContext, use, useMemo, type ReactNode } from 'react';

import { useSurroundings } from '../api/context';
import { formatNumber } from '../format/numbers';
import { PLAIN, scoreFormat, type ScoreFormat } from '../format/scores';
import { text } from '../i18n/text';
import { useBoard } from './useBoard';

export interface BoardScores extends ScoreFormat {
  /** Return the text for a subscore. Null on boards without one. */
  readonly second: ((subscore?: number) => string) | null;
}

const WITHOUT_BOARD: BoardScores = { ...scoreFormat(PLAIN), second: null };
const ScoresContext = createContext(WITHOUT_BOARD);

/** Provider of the selected board's score format. */
export function ScoresOfBoard({ children }: { children: ReactNode }) {
  const { unit, decimals, subscore_order: order, subscore_name } = useBoard() ?? { ...PLAIN, subscore_order: null, subscore_name: null };
  const { config, ladder } = useSurroundings();
  const name = config.subscores[ladder.board] ?? subscore_name;
  const format = useMemo(
    () => ({ ...scoreFormat({ unit, decimals }), second: order === null ? null : (subscore?: number) => inWords(subscore, name) }),
    [unit, decimals, order, name],
  );
  return <ScoresContext value={format}>{children}</ScoresContext>;
}

export function useScores(): BoardScores {
  return use(ScoresContext);
}

function inWords(subscore = 0, name: string | null): string {
  return name === null ? text().subscore(formatNumber(subscore)) : `${name} ${formatNumber(subscore)}`;
}
