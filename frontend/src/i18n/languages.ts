/** Languages of the page, by their own names. */
export const LANGUAGES = { en: 'English', de: 'Deutsch', es: 'Español', ja: '日本語' } as const;

export type Language = keyof typeof LANGUAGES;

export function isLanguage(tag: unknown): tag is Language {
  return typeof tag === 'string' && Object.hasOwn(LANGUAGES, tag);
}

/**
 * Return the first language of these tags that the page has, such as `de` for `de-CH`. Null if the page has none of
 * them.
 */
export function firstLanguage(tags: readonly string[]): Language | null {
  return tags.map(languageOf).find(isLanguage) ?? null;
}

/**
 * Return the reader's first regional variant of a language, such as `en-GB`. Without one, return the language itself.
 */
export function regionalTag(language: Language, tags: readonly string[]): string {
  return tags.find((tag) => languageOf(tag) === language) ?? language;
}

function languageOf(tag: string): string {
  return tag.toLowerCase().split('-')[0] ?? '';
}
