import { useNavigate } from '@tanstack/react-router';

import { useSurroundings } from '../api/context';
import { useText } from '../i18n/text';
import { Select } from '../ui/Select';
import { boardName, useBoards } from './useBoard';

/** Selection of another board, if there is one. */
export function BoardPicker() {
  const { config, ladder } = useSurroundings();
  const navigate = useNavigate();
  const words = useText();
  const boards = useBoards();
  if (!boards || boards.length < 2) return null;

  function choose(chosen: string): void {
    const search = { board: chosen === config.board ? undefined : chosen, period: undefined, segment: undefined };
    void navigate({ to: '.', search });
  }

  const options = boards.map((board) => [board.board, boardName(board)] as const);
  return <Select label={words.board} inline value={ladder.board} options={options} choose={choose} />;
}
