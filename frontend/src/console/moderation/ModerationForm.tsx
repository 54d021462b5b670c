import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';

import { inWords } from '../../api/errors';
import { randomId } from '../../api/randomId';
import type { Board } from '../../api/types';
import { nameOf } from '../../ui/PlayerName';
import { Select } from '../../ui/Select';
import { Confirmation } from '../Confirmation';
import { ReasonField } from '../ReasonField';
import { useConsoleText } from '../i18n/text';
import { useOperator, useReason } from '../operator';
import { EntryFacts } from './EntryFacts';
import { ScoreToSet } from './ScoreToSet';
import { ACTS, isFinal, scoreToSet, type ActName, type ModerationDraft, type Request, type ScoreDraft } from './acts';
import { account } from './entry';
import { perform, undo } from './undo';

interface Props {
  readonly board: Board;
  readonly userId: number;
}

/** Form for a moderation action and its reason. The latest action can be undone. */
export function ModerationForm({ board, userId }: Props) {
  const words = useConsoleText();
  const id = useId();
  const operator = useOperator();
  const cache = useQueryClient();
  const player = useQuery(account(operator, userId)).data;
  const [act, setAct] = useState<ActName>('hide-entry');
  const [score, setScore] = useState<ScoreDraft>({ score: '', subscore: '', numbers: {} });
  const [reason, setReason] = useState('');
  const [asked, setAsked] = useState<ModerationDraft | null>(null);
  const doing = useMutation({
    mutationFn: (draft: ModerationDraft) => perform(operator, draft),
    onSuccess: () => {
      setAsked(null);
      undoing.reset();
      return cache.invalidateQueries();
    },
  });
  const undoing = useMutation({
    mutationFn: (requests: readonly Request[]) => undo(operator, requests),
    onSettled: () => cache.invalidateQueries(),
  });

  const forbidden = useReason(act === 'set' ? 'set_scores' : 'moderate');
  const set = act === 'set' ? scoreToSet(score, board) : {};
  const missing = missingIn();

  /**
   * Return one text with the reasons why the action is not possible yet. The text is empty if the action is possible.
   */
  function missingIn(): string {
    if (forbidden !== null) return forbidden;
    const steps = [
      !player && words.moderation.playerMissing,
      set === null && words.moderation.enterScore,
      reason.trim() === '' && words.enterReason,
    ];
    return steps.filter(Boolean).join(' ');
  }

  function onSubmit(): void {
    if (missing) return;
    const draft = { act, board: board.board, userId, ...set, ...(act === 'set' && { submissionId: randomId() }), reason: reason.trim() };
    if (isFinal(act)) setAsked(draft);
    else doing.mutate(draft);
  }

  return (
    <>
      <form
        className="flex flex-col gap-5"
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        <Select label={words.moderation.action} value={act} options={ACTS.map((name) => [name, words.moderation.acts[name]] as const)} choose={setAct} />
        {act === 'set' && <ScoreToSet board={board} draft={score} set={setScore} />}
        <ReasonField value={reason} set={setReason} />
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <button
            type="submit"
            disabled={missing !== '' || doing.isPending}
            aria-describedby={missing ? id : undefined}
            className="button button-primary"
          >
            {words.moderation.apply}
          </button>
          <p id={id} className="text-sm text-muted">
            {missing}
          </p>
        </div>
        <div role="status" className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 text-sm empty:hidden">
          {doing.error && !asked && <p className="text-down">{inWords(doing.error)}</p>}
          {undoing.error && <p className="text-down">{inWords(undoing.error)}</p>}
          {undoing.isSuccess ? (
            <p className="text-up">{words.moderation.undone}</p>
          ) : (
            doing.data && <p className="text-up">{words.moderation.changed(doing.data.changed)}</p>
          )}
          {doing.data && doing.data.undo.length > 0 && !undoing.isSuccess && (
            <button type="button" className="button" disabled={undoing.isPending} onClick={() => undoing.mutate(doing.data.undo)}>
              {words.moderation.undo}
            </button>
          )}
        </div>
      </form>
      {asked && player && (
        <Confirmation
          title={asked.act === 'set' ? words.moderation.setTitle(nameOf(player)) : words.moderation.removeTitle(nameOf(player))}
          act={asked.act === 'set' ? words.moderation.set : words.remove}
          pending={doing.isPending}
          error={doing.error}
          confirm={() => doing.mutate(asked)}
          close={() => setAsked(null)}
        >
          <EntryFacts board={board} userId={asked.userId} />
          <p>{words.moderation.finalWarning(nameOf(player), asked.userId, board.name)}</p>
        </Confirmation>
      )}
    </>
  );
}
