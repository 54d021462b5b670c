import { useState } from 'react';

import { formatList } from '../format/lists';
import { useScores } from '../ladder/scores';
import { useBoard } from '../ladder/useBoard';
import { Field } from '../ui/Field';
import { submissionOf, type Draft, type Flaws, type Submission } from './draft';

interface Props {
  readonly pending: boolean;
  readonly send: (submission: Submission, key: string) => void;
}

export function SubmitForm({ pending, send }: Props) {
  // The key is stored here only: it is lost when the page is closed.
  const [key, setKey] = useState('');
  const [draft, setDraft] = useState<Draft>(() => ({
    userId: '',
    score: '100',
    subscore: '',
    numbers: '',
    submissionId: crypto.randomUUID(),
    metadata: '',
  }));
  const hasSecond = useScores().hasSubscore;
  const needed = useBoard()?.tiebreakers?.map(({ name }) => name) ?? [];
  const [flaws, setFlaws] = useState<Flaws>({});
  const [keyless, setKeyless] = useState(false);

  function set(change: Partial<Draft>): void {
    setDraft({ ...draft, ...change });
    setFlaws({});
  }

  function onSubmit(): void {
    const made = submissionOf(draft);
    setKeyless(key === '');
    setFlaws('flaws' in made ? made.flaws : {});
    if ('submission' in made && key) send(made.submission, key);
  }

  return (
    <form
      noValidate
      className="card space-y-5 px-4 py-6 sm:px-6"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <Field
        label="Key"
        type="password"
        value={key}
        flaw={keyless ? 'Enter a key of scope submit.' : undefined}
        help="Kept in this page’s memory only."
        onChange={(event) => {
          setKey(event.currentTarget.value.trim());
          setKeyless(false);
        }}
      />
      <div className="grid grid-cols-2 gap-4">
        <Field
          label="Player’s id"
          inputMode="numeric"
          value={draft.userId}
          flaw={flaws.userId}
          onChange={(event) => set({ userId: event.currentTarget.value })}
        />
        <Field
          label="Score"
          inputMode="numeric"
          value={draft.score}
          flaw={flaws.score}
          onChange={(event) => set({ score: event.currentTarget.value })}
        />
        {hasSecond && (
          <Field
            label="Subscore"
            inputMode="numeric"
            value={draft.subscore}
            flaw={flaws.subscore}
            onChange={(event) => set({ subscore: event.currentTarget.value })}
          />
        )}
      </div>
      <Field
        label="Named numbers"
        placeholder='{"coins": 40}'
        value={draft.numbers}
        flaw={flaws.numbers}
        help={needed.length > 0 ? `The board orders equal scores by ${formatList(needed)}. Send each of them.` : 'As JSON, for boards that count them. Leave it empty for none.'}
        onChange={(event) => set({ numbers: event.currentTarget.value })}
      />
      <Field
        label="Submission id"
        value={draft.submissionId}
        flaw={flaws.submissionId}
        help="A repeated submission with the same id counts once."
        onChange={(event) => set({ submissionId: event.currentTarget.value.trim() })}
        beside={
          <button type="button" className="button" onClick={() => set({ submissionId: crypto.randomUUID() })}>
            Generate
          </button>
        }
      />
      <Field
        label="Metadata"
        placeholder='{"level": 3}'
        value={draft.metadata}
        flaw={flaws.metadata}
        onChange={(event) => set({ metadata: event.currentTarget.value })}
      />
      <button type="submit" disabled={pending} className="button button-primary w-full">
        {pending ? 'Sending…' : 'Submit score'}
      </button>
    </form>
  );
}
