/** Path of the page for developers. Its texts are in English only, and header and numbers therefore are too. */
const ENGLISH = /^\/submit(\/|$)/;

export function isEnglishPage(pathname: string): boolean {
  return ENGLISH.test(pathname);
}
