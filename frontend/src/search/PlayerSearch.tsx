import { useNavigate } from '@tanstack/react-router';
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';

import { inWords } from '../api/errors';
import { plural } from '../format/numbers';
import { Icon } from '../ui/Icon';
import type { Suggestion } from './suggestions';
import { useSuggestions } from './useSuggestions';

/** Search of a player by the beginning of the name, or by id. The key "/" moves the focus to it. */
export function PlayerSearch() {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const { offered, pending, error } = useSuggestions(text);
  const shown = open && text.trim() !== '';
  const marked = Math.min(active, offered.length - 1);

  useEffect(() => focusOnSlash(input), []);

  function choose(suggestion: Suggestion): void {
    setOpen(false);
    setText('');
    input.current?.blur();
    void navigate({ to: '/player/$id', params: { id: String(suggestion.userId) } });
  }

  function onKeyDown(event: KeyboardEvent): void {
    const chosen = offered[marked];
    if (event.key === 'Escape') {
      if (!shown) setText('');
      setOpen(false);
    } else if (event.key === 'Enter' && shown && chosen && !pending) {
      event.preventDefault();
      choose(chosen);
    } else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && offered.length > 0) {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setActive(shown ? (marked + step + offered.length) % offered.length : 0);
      setOpen(true);
    }
  }

  return (
    <div role="search" className="relative">
      <Icon name="search" className="pointer-events-none absolute top-1/2 left-3 size-4.5 -translate-y-1/2 text-muted" />
      <input
        ref={input}
        role="combobox"
        aria-label="Find a player by name or id"
        aria-expanded={shown}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={shown && marked >= 0 ? `${id}-${marked}` : undefined}
        aria-keyshortcuts="/"
        autoComplete="off"
        spellCheck={false}
        dir="auto"
        maxLength={64}
        placeholder="Name or id"
        value={text}
        className="field pr-9 pl-9.5"
        onChange={(event) => {
          setText(event.currentTarget.value);
          setActive(0);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
      />
      <kbd className="pointer-events-none absolute top-1/2 right-2.5 hidden -translate-y-1/2 rounded-md border border-line px-1.5 text-xs text-muted sm:block">
        /
      </kbd>
      <div
        hidden={!shown}
        className="absolute inset-x-0 top-full z-40 mt-2 overflow-hidden rounded-2xl border border-line bg-surface p-1.5 shadow-pop"
      >
        <div id={`${id}-list`} role="listbox" aria-label="Players">
          {offered.map((suggestion, at) => (
            <Option
              key={suggestion.userId}
              id={`${id}-${at}`}
              suggestion={suggestion}
              selected={at === marked}
              choose={() => choose(suggestion)}
              mark={() => setActive(at)}
            />
          ))}
        </div>
        <p role="status" className={offered.length > 0 ? 'sr-only' : 'px-3 py-3 text-sm text-muted'}>
          {message(offered.length, pending, error)}
        </p>
      </div>
    </div>
  );
}

interface OptionProps {
  readonly id: string;
  readonly suggestion: Suggestion;
  readonly selected: boolean;
  readonly choose: () => void;
  readonly mark: () => void;
}

function Option({ id, suggestion, selected, choose, mark }: OptionProps) {
  return (
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events -- the focus stays in the combobox, whose keys choose
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={selected}
      onMouseDown={(event) => event.preventDefault()}
      onMouseMove={mark}
      onClick={choose}
      className="flex min-h-10 items-center gap-3 rounded-xl px-3 text-sm aria-selected:bg-sunken"
    >
      <span dir="auto" title={suggestion.label} className="min-w-0 flex-1 truncate font-medium">
        {suggestion.label}
      </span>
      <span className="shrink-0 text-muted tabular-nums">{suggestion.detail}</span>
    </div>
  );
}

function message(found: number, pending: boolean, error: unknown): string {
  if (found > 0) return plural(found, 'player found', 'players found');
  if (pending) return 'Searching…';
  return error ? inWords(error) : 'No player has this name or id.';
}

function focusOnSlash(input: { readonly current: HTMLInputElement | null }): () => void {
  function onKey(event: globalThis.KeyboardEvent): void {
    const typing = event.target instanceof HTMLElement && event.target.matches('input:not([type=range]), textarea, select');
    if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.current?.focus();
  }
  document.addEventListener('keydown', onKey);
  return () => document.removeEventListener('keydown', onKey);
}
