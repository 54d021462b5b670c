import { useId, useState } from 'react';

import { formatNumber } from '../format/numbers';
import { parseRank } from './rankWindow';

export function GoToRank({ total, go }: { total: number; go: (rank: number) => void }) {
  const id = useId();
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(false);

  function onSubmit(): void {
    const rank = parseRank(text, total);
    setWrong(rank === null);
    if (rank !== null) go(rank);
  }

  return (
    <form
      className="flex items-center gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <label htmlFor={id} className="text-sm whitespace-nowrap text-muted">
        Go to rank
      </label>
      <input
        id={id}
        inputMode="numeric"
        autoComplete="off"
        placeholder={`1 to ${formatNumber(total)}`}
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
        Go
      </button>
      {wrong && (
        <span id={`${id}-wrong`} role="alert" className="text-sm text-down">
          Enter a whole number.
        </span>
      )}
    </form>
  );
}
