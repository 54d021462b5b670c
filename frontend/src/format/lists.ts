import { perLocale } from '../i18n/locale';

const conjunction = perLocale((tag) => new Intl.ListFormat(tag));

/** Return the items in one text, such as `a, b, and c`. */
export function formatList(items: readonly string[]): string {
  return conjunction().format(items);
}
