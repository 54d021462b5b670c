/**
 * Pages of operators and developers: their texts are in English only, therefore the rest of the page is English too.
 */
const ENGLISH = /^\/(console|submit)(\/|$)/;

export function isEnglishPage(pathname: string): boolean {
  return ENGLISH.test(pathname);
}
