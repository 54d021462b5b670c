import { Link, useLocation } from '@tanstack/react-router';
import { useEffect, useId, useRef, useState, type FocusEvent, type KeyboardEvent } from 'react';

import { useDeployment } from '../api/context';
import { LANGUAGES, type Language } from '../i18n/languages';
import { chooseLanguage, useLanguage, useText } from '../i18n/text';
import { Icon } from '../ui/Icon';
import { Select } from '../ui/Select';
import { isEnglishPage } from './englishPages';
import { TAB } from './tab';
import { THEMES, saveTheme, savedTheme } from './theme';

const LANGUAGE_OPTIONS = Object.entries(LANGUAGES) as (readonly [Language, string])[];

/** Menu of the page's language and colours, with the pages that are not for players. */
export function Settings() {
  const id = useId();
  const words = useText();
  const menu = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const path = useLocation({ select: ({ pathname }) => pathname });

  useEffect(() => {
    if (!open) return;
    const onPointer = ({ target }: PointerEvent) => {
      if (target instanceof Node && !menu.current?.contains(target)) setOpen(false);
    };
    document.addEventListener('pointerdown', onPointer);
    return () => document.removeEventListener('pointerdown', onPointer);
  }, [open]);

  function onBlur({ currentTarget, relatedTarget }: FocusEvent): void {
    // Without `relatedTarget`, keep the menu open: a click on an empty part of the menu focuses no element.
    if (relatedTarget && !currentTarget.contains(relatedTarget)) setOpen(false);
  }

  function onKeyDown({ key }: KeyboardEvent): void {
    if (key !== 'Escape') return;
    setOpen(false);
    button.current?.focus();
  }

  return (
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions -- Escape closes the menu from each of its controls
    <div ref={menu} className="relative" onBlur={onBlur} onKeyDown={onKeyDown}>
      <button
        ref={button}
        type="button"
        aria-label={words.settings}
        title={words.settings}
        aria-expanded={open}
        aria-controls={id}
        className="icon-button"
        onClick={() => setOpen(!open)}
      >
        <Icon name="settings" />
      </button>
      <div
        id={id}
        hidden={!open}
        className="absolute top-full right-0 z-40 mt-2 w-60 space-y-4 rounded-2xl border border-line bg-surface p-4 shadow-pop"
      >
        {!isEnglishPage(path) && <LanguagePicker />}
        <ThemePicker />
        <OtherPages close={() => setOpen(false)} />
      </div>
    </div>
  );
}

function LanguagePicker() {
  const language = useLanguage();
  return <Select label={useText().language} value={language} options={LANGUAGE_OPTIONS} choose={(tag) => void chooseLanguage(tag)} />;
}

function ThemePicker() {
  const words = useText();
  const [theme, setTheme] = useState(savedTheme);
  const options = THEMES.map((scheme) => [scheme, words.colourSchemes[scheme]] as const);
  return (
    <Select
      label={words.colours}
      value={theme}
      options={options}
      choose={(scheme) => {
        saveTheme(scheme);
        setTheme(scheme);
      }}
    />
  );
}

function OtherPages({ close }: { close: () => void }) {
  const words = useText();
  const { devMode, console } = useDeployment().config;
  if (!devMode && !console) return null;
  return (
    <div className="flex flex-col border-t border-line pt-3">
      {devMode && (
        <Link to="/submit" className={TAB} onClick={close}>
          {words.submit}
        </Link>
      )}
      {console && (
        <Link to="/console" className={TAB} onClick={close}>
          {words.console}
        </Link>
      )}
    </div>
  );
}
