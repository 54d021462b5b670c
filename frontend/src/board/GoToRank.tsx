import { useId, useState } from 'react';

import { useText } from '../i18n/text';
import { parseRank } from './rankWindow';

export function GoToRank({ total, go }: { total: number; go: (rank: number) => void }) {
  const id = useId();
  const words = useText();
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(false);

  function onSubmit(): void {
    const rank = parseRank(text, total);
    setWrong(rank === null);
    if (rank !== null) go(rank);
  }

  return (
    <form
      className="flex flex-wrap items-center gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <label htmlFor={id} className="text-sm whitespace-nowrap text-muted">
        {words.goToRank}
      </label>
      <input
        id={id}
        inputMode="numeric"
        autoComplete="off"
        placeholder={words.rankRange(total)}
        value={text}
        aria-invalid={wrong}
        aria-describedby={wrong ? `${id}-wrong` : undefined}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setWrong(false);
        }}
        className="field w-36 tabular-nums"
      />
      <button type="submit" className="button">
        {words.go}
      </button>
      {wrong && (
        <span id={`${id}-wrong`} role="alert" className="text-sm text-down">
          {words.wholeNumber}
        </span>
      )}
    </form>
  );
}
