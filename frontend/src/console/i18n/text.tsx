import { createContext, use, type ReactNode } from 'react';

import type { Language } from '../../i18n/languages';
import { useLanguage } from '../../i18n/text';
import { lazily } from '../../lazyPage';
import { en, type ConsoleMessages } from './en';

type Catalogue = Partial<Record<Language, ConsoleMessages>>;

/** Catalogues, loaded when they are used. English is part of the console's code. */
const CATALOGUES: Record<Exclude<Language, 'en'>, () => Promise<Catalogue>> = {
  de: lazily(() => import('./de')),
  es: lazily(() => import('./es')),
  ja: lazily(() => import('./ja')),
};

const Messages = createContext<ConsoleMessages>(en);

/** Provide the console's texts in the language of the page. Until they are loaded, the page shows a placeholder. */
export function ConsoleText({ children }: { children: ReactNode }) {
  const language = useLanguage();
  const catalogue = language === 'en' ? { en } : use(CATALOGUES[language]());
  return <Messages value={catalogue[language] ?? en}>{children}</Messages>;
}

/** Return the console's texts in the language of the page. */
export function useConsoleText(): ConsoleMessages {
  return use(Messages);
}
