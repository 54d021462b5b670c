/**
 * Paths of the pages for operators and developers. Their texts are in English only, and header and numbers therefore
 * are too.
 */
const ENGLISH = /^\/(console|submit)(\/|$)/;

export function isEnglishPage(pathname: string): boolean {
  return ENGLISH.test(pathname);
}
