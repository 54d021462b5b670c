import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { inWords } from '../api/errors';
import type { Board, Moderated } from '../api/types';
import { plural } from '../format/numbers';
import { parseUserId } from '../search/suggestions';
import { Field } from '../ui/Field';
import { Select } from '../ui/Select';
import { Confirmation } from './Confirmation';
import { ScoreToSet } from './ScoreToSet';
import { ACTS, isFinal, requestOf, scoreToSet, type ActName, type ModerationDraft, type ScoreDraft } from './acts';
import { useOperator } from './operator';

/** Form for a moderation action and its reason. */
export function ModerationForm({ board }: { board: Board }) {
  const operator = useOperator();
  const cache = useQueryClient();
  const [player, setPlayer] = useState('');
  const [act, setAct] = useState<ActName>('hide-entry');
  const [score, setScore] = useState<ScoreDraft>({ score: '', subscore: '' });
  const [reason, setReason] = useState('');
  const [asked, setAsked] = useState<ModerationDraft | null>(null);
  const doing = useMutation({
    mutationFn: (draft: ModerationDraft) => {
      const { method, path, body } = requestOf(draft);
      return operator.change<Moderated>(method, path, body);
    },
    onSuccess: () => {
      setAsked(null);
      return cache.invalidateQueries();
    },
  });

  const draft = drafted();

  function drafted(): ModerationDraft | null {
    const userId = parseUserId(player);
    const set = act === 'set' ? scoreToSet(score, board) : {};
    if (userId === null || set === null || reason.trim() === '') return null;
    return { act, board: board.board, userId, ...set, reason: reason.trim() };
  }

  function onSubmit(): void {
    if (draft === null) return;
    if (isFinal(act)) setAsked(draft);
    else doing.mutate(draft);
  }

  return (
    <>
      <form
        className="space-y-5"
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        <Select label="Action" value={act} options={ACTS} choose={setAct} />
        <Field label="Player’s id" inputMode="numeric" value={player} onChange={(event) => setPlayer(event.currentTarget.value)} />
        {act === 'set' && <ScoreToSet board={board} draft={score} set={setScore} />}
        <Field
          label="Reason"
          value={reason}
          maxLength={500}
          help="Stored in the audit log."
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <button type="submit" disabled={draft === null || doing.isPending} className="button button-primary">
          Apply
        </button>
        <div role="status" className="text-sm empty:hidden">
          {doing.error && !asked && <p className="text-down">{inWords(doing.error)}</p>}
          {doing.data && <p className="text-up">Done: {plural(doing.data.entries.length, 'entry', 'entries')} changed.</p>}
        </div>
      </form>
      {asked && (
        <Confirmation
          title={asked.act === 'set' ? 'Set the score?' : 'Remove the entry?'}
          act={asked.act === 'set' ? 'Set' : 'Remove'}
          pending={doing.isPending}
          error={doing.error}
          confirm={() => doing.mutate(asked)}
          close={() => setAsked(null)}
        >
          <p>All earlier submissions of player {asked.userId} to {board.name} stop counting. This cannot be undone.</p>
        </Confirmation>
      )}
    </>
  );
}
