import { createContext, use, useMemo, type ReactNode } from 'react';

import { useSurroundings } from '../api/context';
import { formatNumber } from '../format/numbers';
import { PLAIN, scoreFormat, type ScoreFormat } from '../format/scores';
import { text } from '../i18n/text';
import { useBoard } from './useBoard';

/** Numbers below the score of an entry: the subscore, or the numbers of the tiebreakers. */
export interface SecondNumbers {
  readonly subscore?: number;
  readonly tiebreakers?: Readonly<Record<string, number>>;
}

export interface BoardScores extends ScoreFormat {
  /** Function that returns the text for a subscore or for tiebreakers. Null on boards with neither of them. */
  readonly second: ((numbers: SecondNumbers) => string) | null;
  readonly hasSubscore: boolean;
}

const WITHOUT_BOARD: BoardScores = { ...scoreFormat(PLAIN), second: null, hasSubscore: false };
const WITHOUT_SECOND = { ...PLAIN, subscore_order: null, subscore_name: null, score_type: undefined, tiebreakers: undefined };
const ScoresContext = createContext(WITHOUT_BOARD);

/** Provider of the selected board's score format. */
export function ScoresOfBoard({ children }: { children: ReactNode }) {
  const { unit, decimals, score_type, subscore_order: order, subscore_name, tiebreakers } = useBoard() ?? WITHOUT_SECOND;
  const { config, ladder } = useSurroundings();
  const name = config.subscores[ladder.board] ?? subscore_name;
  const format = useMemo(
    () => ({
      ...scoreFormat({ unit, decimals, score_type }),
      second: tiebreakers?.length ? listed : order === null ? null : ({ subscore }: SecondNumbers) => inWords(subscore, name),
      hasSubscore: order !== null,
    }),
    [unit, decimals, score_type, order, name, tiebreakers],
  );
  return <ScoresContext value={format}>{children}</ScoresContext>;
}

export function useScores(): BoardScores {
  return use(ScoresContext);
}

/** Return the numbers of the tiebreakers, each after its name, such as `time ms 61,250, deaths 2`. */
function listed({ tiebreakers = {} }: SecondNumbers): string {
  return Object.entries(tiebreakers).map(([name, number]) => `${name.replaceAll('_', ' ')} ${formatNumber(number)}`).join(', ');
}

function inWords(subscore = 0, name: string | null): string {
  return name === null ? text().subscore(formatNumber(subscore)) : `${name} ${formatNumber(subscore)}`;
}
