import { useNavigate } from '@tanstack/react-router';
import { useId, useRef, useState } from 'react';

import { formatExact } from '../format/times';
import { firstMinute, localTime, utcTime } from './localTime';
import { useMomentTexts } from './texts';
import { useFirstMoment, useMoments } from './useMoments';

/** Last time that the address accepts. The field would also accept years of more than four digits. */
const LATEST = '9999-12-31T23:59';

/** Selection of a past moment to show. At a past moment, a notice that names it, with the way back. */
export function LookBack() {
  const id = useId();
  const words = useMomentTexts();
  const navigate = useNavigate();
  const { at } = useMoments();
  const first = useFirstMoment();
  const [shown, setShown] = useState(at);
  const [time, setTime] = useState(at === undefined ? '' : localTime(at));
  const field = useRef<HTMLInputElement>(null);

  if (shown !== at) {
    setShown(at);
    setTime(at === undefined ? '' : localTime(at));
  }

  function show(moment: string | undefined): void {
    void navigate({ to: '.', search: (current) => ({ ...current, at: moment }), resetScroll: false });
  }

  return (
    <>
      <form
        className="flex flex-wrap items-center gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          show(utcTime(time));
        }}
      >
        <label htmlFor={id} className="text-sm text-muted">
          {words.lookBack}
        </label>
        <input
          ref={field}
          id={id}
          type="datetime-local"
          required
          min={first === null ? undefined : firstMinute(first)}
          max={LATEST}
          value={time}
          onChange={(event) => setTime(event.currentTarget.value)}
          className="field w-56"
        />
        <button type="submit" className="button">
          {words.show}
        </button>
      </form>
      {at !== undefined && (
        <div className="card mt-2 flex w-full flex-wrap items-center justify-between gap-x-6 gap-y-3 px-4 py-3 sm:mt-4 sm:px-6">
          <p role="status">{words.asItWas(formatExact(at))}</p>
          <button
            type="button"
            className="button"
            onClick={() => {
              show(undefined);
              field.current?.focus(); // the button disappears, and the focus would be lost
            }}
          >
            {words.backToNow}
          </button>
        </div>
      )}
    </>
  );
}
