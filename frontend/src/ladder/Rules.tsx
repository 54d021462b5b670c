import type { Board } from '../api/types';
import { formatInterval } from '../format/countdown';
import { scoreFormat, type Score } from '../format/scores';
import { text, useText } from '../i18n/text';

/** One line that says which scores count on a board. */
export function Rules({ board }: { board: Board }) {
  useText();
  return <p className="text-sm text-muted text-pretty">{rulesOf(board)}</p>;
}

export function rulesOf(board: Board): string {
  const { policy, order, min_interval_ms: interval } = board;
  const words = text();
  return [words.rules(policy, order), limits(board), interval ? words.onePer(formatInterval(interval)) : ''].filter(Boolean).join(' ');
}

function limits(board: Board): string {
  const words = text();
  const { full, unit } = scoreFormat(board);
  const shown = (score: Score | null) => score !== null && (unit === null ? full(score) : `${full(score)} ${unit}`);
  const [low, high] = [shown(board.min_score), shown(board.max_score)];
  if (low !== false && high !== false) return words.scoresBetween(low, high);
  if (low !== false) return words.scoresFrom(low);
  return high === false ? '' : words.scoresTo(high);
}
