/** Catalogues of the console. */
export { de } from '../src/console/i18n/de';
export { en } from '../src/console/i18n/en';
export { es } from '../src/console/i18n/es';
export { ja } from '../src/console/i18n/ja';
