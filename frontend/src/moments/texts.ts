import { useLanguage } from '../i18n/text';

/** Texts of past moments, in a module of their own: only boards with moments load them. */
const en = {
  movement: 'Movement',
  live: 'live',
};

type Texts = typeof en;

const de: Texts = {
  movement: 'Bewegung',
  live: 'live',
};

const es: Texts = {
  movement: 'Movimiento',
  live: 'en directo',
};

const ja: Texts = {
  movement: '順位の変動',
  live: 'ライブ',
};

export function useMomentTexts(): Texts {
  return { en, de, es, ja }[useLanguage()];
}
