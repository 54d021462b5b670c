import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { useSurroundings } from '../api/context';
import { useBoard } from '../ladder/useBoard';
import { Select } from '../ui/Select';
import { useSegmentTexts } from './texts';

const MAX_VALUE = 64;

/** Selection of a segment: an attribute of the board, and its value. Without an attribute, all players are shown. */
export function SegmentPicker() {
  const { segment } = useSurroundings().ladder;
  const attributes = useBoard()?.segments ?? [];
  return <Picker key={segment} segment={segment} attributes={attributes} />;
}

function Picker({ segment, attributes }: { segment: string | null; attributes: readonly string[] }) {
  const words = useSegmentTexts();
  const navigate = useNavigate();
  const [selected = '', ...rest] = segment?.split(':') ?? [];
  const [attribute, setAttribute] = useState(selected);
  const [value, setValue] = useState(rest.join(':'));

  function show(chosen: string | undefined): void {
    void navigate({ to: '.', search: { segment: chosen } });
  }

  function chooseAttribute(name: string): void {
    setAttribute(name);
    setValue('');
    if (name === '' && segment !== null) show(undefined);
  }

  return (
    <form
      className="flex flex-wrap items-center gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (value.trim() !== '') show(`${attribute}:${value.trim()}`);
      }}
    >
      <Select<string>
        label={words.attribute}
        inline
        value={attribute}
        options={[['', words.everybody] as const, ...attributes.map((name) => [name, name] as const)]}
        choose={chooseAttribute}
      />
      {attribute !== '' && (
        <>
          <input
            aria-label={words.value(attribute)}
            placeholder={words.valueHelp}
            autoComplete="off"
            maxLength={MAX_VALUE}
            value={value}
            onChange={(event) => setValue(event.currentTarget.value)}
            className="field w-32"
          />
          <button type="submit" className="button">
            {words.show}
          </button>
        </>
      )}
    </form>
  );
}
