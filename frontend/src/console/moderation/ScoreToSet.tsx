import type { Board } from '../../api/types';
import { formatNumber } from '../../format/numbers';
import { scoreFormat } from '../../format/scores';
import { Field } from '../../ui/Field';
import { useConsoleText } from '../i18n/text';
import type { ScoreDraft } from './acts';

const EXAMPLE = 83_456;

interface Props {
  readonly board: Board;
  readonly draft: ScoreDraft;
  readonly set: (draft: ScoreDraft) => void;
}

/** Inputs for the score to set, in the board's display format. */
export function ScoreToSet({ board, draft, set }: Props) {
  const words = useConsoleText();
  const { parse, full } = scoreFormat(board);
  const score = parse(draft.score);
  return (
    <div className="grid grid-cols-1 items-start gap-4 sm:grid-cols-2">
      <Field
        label={board.unit === null ? words.score : words.moderation.scoreIn(board.unit)}
        inputMode={board.unit === null && board.decimals === 0 ? 'numeric' : 'text'}
        value={draft.score}
        help={score === null ? words.moderation.scoreExample(full(EXAMPLE)) : words.moderation.shownAs(full(score))}
        onChange={(event) => set({ ...draft, score: event.currentTarget.value })}
      />
      {board.subscore_order !== null && (
        <Field
          label={board.subscore_name ?? words.moderation.subscore}
          inputMode="numeric"
          value={draft.subscore}
          help={words.moderation.subscoreHelp}
          onChange={(event) => set({ ...draft, subscore: event.currentTarget.value })}
        />
      )}
      {board.tiebreakers?.map(({ name, min, max }) => (
        <Field
          key={name}
          label={name}
          inputMode="numeric"
          value={draft.numbers[name] ?? ''}
          help={words.moderation.numberHelp(formatNumber(min), formatNumber(max))}
          onChange={(event) => set({ ...draft, numbers: { ...draft.numbers, [name]: event.currentTarget.value } })}
        />
      ))}
    </div>
  );
}
