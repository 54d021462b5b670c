import { useNavigate } from '@tanstack/react-router';
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';

import { inWords } from '../api/errors';
import { text as texts, useText } from '../i18n/text';
import { Icon } from '../ui/Icon';
import { openSearch, useSearchRequests } from './opened';
import { parseUserId, type Suggestion } from './suggestions';
import { useSuggestions } from './useSuggestions';

/**
 * Search of a player by a part of the name, or by id. The key "/" moves the focus to the search.
 *
 * In a narrow window, a button opens the search, which then covers the header.
 */
export function PlayerSearch() {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const navigate = useNavigate();
  const words = useText();
  const requests = useSearchRequests();
  const [expanded, setExpanded] = useState(false);
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const enteredEarly = useRef(false);
  const { offered, inside, pending, error } = useSuggestions(text);
  const shown = open && text.trim() !== '';
  const marked = Math.min(active, offered.length - 1);

  useEffect(() => onSlash(openSearch), []);

  const [answered, setAnswered] = useState(requests);
  if (requests !== answered) {
    setAnswered(requests);
    setExpanded(true);
  }
  useEffect(() => {
    if (expanded) input.current?.focus();
  }, [expanded, requests]);

  // If a reader presses Enter while a search runs, open the result when the answer arrives.
  useEffect(() => {
    if (!enteredEarly.current || pending) return;
    enteredEarly.current = false;
    const chosen = offered[marked];
    if (chosen) choose(chosen);
  });

  function collapse(): void {
    setOpen(false);
    enteredEarly.current = false;
    setExpanded(false);
  }

  function choose(suggestion: Suggestion): void {
    collapse();
    setText('');
    input.current?.blur();
    void navigate({ to: '/player/$id', params: { id: String(suggestion.userId) } });
  }

  function onKeyDown(event: KeyboardEvent): void {
    const chosen = offered[marked];
    if (event.key === 'Escape') {
      enteredEarly.current = false;
      if (!shown) {
        setText('');
        collapse();
      }
      setOpen(false);
    } else if (event.key === 'Enter' && shown && pending) {
      event.preventDefault();
      enteredEarly.current = true;
    } else if (event.key === 'Enter' && shown && chosen) {
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
    <>
      <button type="button" aria-label={words.search} title={words.search} className="icon-button md:hidden" onClick={openSearch}>
        <Icon name="search" />
      </button>
      <div
        role="search"
        className={
          expanded
            ? 'absolute inset-0 z-40 flex items-center gap-1 bg-paper px-3 sm:px-6 md:relative md:w-64 md:px-0 lg:w-80'
            : 'relative flex items-center max-md:hidden md:w-64 lg:w-80'
        }
      >
        <div className="relative min-w-0 flex-1">
          <Icon name="search" className="pointer-events-none absolute top-1/2 left-3 size-4.5 -translate-y-1/2 text-muted" />
          <input
            ref={input}
            role="combobox"
            aria-label={words.findPlayer}
            aria-expanded={shown}
            aria-controls={`${id}-list`}
            aria-autocomplete="list"
            aria-activedescendant={shown && marked >= 0 ? `${id}-${marked}` : undefined}
            aria-keyshortcuts="/"
            autoComplete="off"
            spellCheck={false}
            dir="auto"
            maxLength={64}
            placeholder={words.nameOrId}
            value={text}
            className="field pr-9 pl-9.5"
            onChange={(event) => {
              setText(event.currentTarget.value);
              enteredEarly.current = false;
              setActive(0);
              setOpen(true);
            }}
            onFocus={() => setOpen(true)}
            onBlur={collapse}
            onKeyDown={onKeyDown}
          />
          <kbd className="pointer-events-none absolute top-1/2 right-2.5 hidden -translate-y-1/2 rounded-md border border-line px-1.5 text-xs text-muted sm:block">
            /
          </kbd>
          <div
            hidden={!shown}
            className="absolute inset-x-0 top-full z-40 mt-2 overflow-hidden rounded-2xl border border-line bg-surface p-1.5 shadow-pop"
          >
            <div id={`${id}-list`} role="listbox" aria-label={words.playersFound}>
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
              {message(text, offered.length, pending, error, inside)}
            </p>
          </div>
        </div>
        {expanded && (
          <button
            type="button"
            aria-label={words.close}
            title={words.close}
            className="icon-button md:hidden"
            onMouseDown={(event) => event.preventDefault()}
            onClick={collapse}
          >
            <Icon name="close" />
          </button>
        )}
      </div>
    </>
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
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events -- the combobox handles all keys
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

function message(text: string, count: number, pending: boolean, error: unknown, inside: boolean): string {
  const words = texts();
  if (count > 0) return words.found(count);
  if (pending) return words.searching;
  if (error) return inWords(error);
  const wanted = text.trim();
  if (parseUserId(wanted) !== null) return words.noPlayerWithId(wanted);
  return inside ? words.noNameContains(wanted) : words.noNameBegins(wanted);
}

/** Call `act` when a reader types "/" outside of inputs. Return a function that stops listening. */
function onSlash(act: () => void): () => void {
  function onKey(event: globalThis.KeyboardEvent): void {
    const typing = event.target instanceof HTMLElement && event.target.matches('input:not([type=range]), textarea, select');
    if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  }
  document.addEventListener('keydown', onKey);
  return () => document.removeEventListener('keydown', onKey);
}
