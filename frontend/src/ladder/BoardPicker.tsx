import { useNavigate } from '@tanstack/react-router';

import { useSurroundings } from '../api/context';
import { Select } from '../ui/Select';
import { useBoards } from './useBoard';

/** Selection of another board, if there is one. */
export function BoardPicker() {
  const { config, ladder } = useSurroundings();
  const navigate = useNavigate();
  const boards = useBoards();
  if (!boards || boards.length < 2) return null;

  function choose(chosen: string): void {
    const search = { board: chosen === config.board ? undefined : chosen, period: undefined };
    void navigate({ to: '/', search });
  }

  const options = boards.map(({ board, name }) => [board, name] as const);
  return <Select label="Board" inline value={ladder.board} options={options} choose={choose} />;
}
