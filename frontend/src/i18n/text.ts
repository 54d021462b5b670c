import { chunk } from '../chunks';
import { stored, store } from '../ui/storage';
import { createStore, useStore } from '../ui/store';
import { en, type Messages } from './en';
import { firstLanguage, isLanguage, regionalTag, type Language } from './languages';
import { setLocale } from './locale';

const KEY = 'leaderforge.language';

/** Functions that load the texts of a language. English is part of the page's first load. */
const CATALOGUES = {
  en: () => Promise.resolve({ en }),
  de: () => import('./de'),
  es: () => import('./es'),
  ja: () => import('./ja'),
};

interface Spoken {
  readonly language: Language;
  readonly messages: Messages;
}

const spoken = createStore<Spoken>({ language: 'en', messages: en });
let latest: Language = 'en';

/**
 * Return the texts of the page's language. Components use `useText` instead, so that a change of the language renders
 * them again.
 */
export function text(): Messages {
  return spoken.get().messages;
}

/** Return the texts of the page's language. */
export function useText(): Messages {
  return useStore(spoken).messages;
}

export function useLanguage(): Language {
  return useStore(spoken).language;
}

/** Return the page's language: the reader's choice, or else the configured one, or the browser's, or English. */
export function preferredLanguage(configured: Language | null): Language {
  const chosen = stored(KEY);
  return isLanguage(chosen) ? chosen : (configured ?? firstLanguage(navigator.languages) ?? 'en');
}

/** Show the page in this language. If the texts of this language cannot be loaded, keep the current language. */
export async function speak(language: Language): Promise<void> {
  latest = language;
  if (language === spoken.get().language) return;
  try {
    const messages = await catalogue(language);
    if (language !== latest) return;
    setLocale(regionalTag(language, navigator.languages));
    document.documentElement.lang = language;
    spoken.set({ language, messages });
  } catch {
    // Keep the current language: a page in another language is better than none.
  }
}

async function catalogue(language: Language): Promise<Messages> {
  const module = await chunk<Partial<Record<Language, Messages>>>(CATALOGUES[language]);
  const messages = module[language];
  if (!messages) throw new TypeError(`the catalogue of ${language} is empty`);
  return messages;
}

export async function chooseLanguage(language: Language): Promise<void> {
  store(KEY, language);
  await speak(language);
}
