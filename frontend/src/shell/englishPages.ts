/** Path of the page for developers. Its texts exist in English only, therefore its header and numbers are in English
 * too. */
const ENGLISH = /^\/submit(\/|$)/;

export function isEnglishPage(pathname: string): boolean {
  return ENGLISH.test(pathname);
}
