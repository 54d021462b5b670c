/** Pages of operators and developers: their texts are in English only, and so is everything around them. */
const ENGLISH = /^\/(console|submit)(\/|$)/;

export function isEnglishPage(pathname: string): boolean {
  return ENGLISH.test(pathname);
}
