import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import type { Board } from '../api/types';
import { formatExact } from '../format/times';
import { Field } from '../ui/Field';
import { Select } from '../ui/Select';
import { DialogForm } from './DialogForm';
import { useConsoleText } from './i18n/text';
import { useOperator } from './operator';
import { invalidateBoards } from './reads';

const CHOICES = ['now', 'at', 'never'] as const;
type Choice = (typeof CHOICES)[number];

/** Dialog that freezes what the public sees of a board, or ends the freeze. */
export function FreezeBoard({ board, close }: { board: Board; close: () => void }) {
  const { freeze } = useConsoleText().boards;
  const operator = useOperator();
  const cache = useQueryClient();
  const [choice, setChoice] = useState<Choice>(board.frozen_at === null ? 'now' : 'never');
  const [time, setTime] = useState('');
  const freezing = useMutation({
    mutationFn: () => operator.change<Board>('PATCH', `/api/boards/${board.board}`, { frozen_at: frozenAt(choice, time) }),
    onSuccess: () => {
      close();
      return invalidateBoards(cache);
    },
  });
  return (
    <DialogForm
      title={freeze.title(board.name)}
      close={close}
      act={freeze.save}
      submit={() => freezing.mutate()}
      pending={freezing.isPending}
      error={freezing.error}
      missing={choice === 'at' && time === '' ? freeze.enterTime : null}
    >
      <p className="text-muted">{freeze.explanation}</p>
      {board.frozen_at !== null && <p>{freeze.present(formatExact(board.frozen_at))}</p>}
      <Select
        label={freeze.choice}
        value={choice}
        options={CHOICES.map((name) => [name, freeze.choices[name]] as const)}
        choose={setChoice}
      />
      {choice === 'at' && (
        <Field
          label={freeze.time}
          type="datetime-local"
          step={1}
          value={time}
          help={freeze.timeHelp}
          onChange={(event) => setTime(event.currentTarget.value)}
        />
      )}
    </DialogForm>
  );
}

/** Return the moment that the public sees, null for the present. `time` is a local time. */
function frozenAt(choice: Choice, time: string): string | null {
  if (choice === 'never') return null;
  return (choice === 'now' ? new Date() : new Date(time)).toISOString();
}
