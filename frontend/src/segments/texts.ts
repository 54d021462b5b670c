import { useLanguage } from '../i18n/text';

/** Texts of segments, in a module of their own: only boards with segments load them. */
const en = {
  attribute: 'Players by',
  everybody: 'everybody',
  value: (attribute: string) => `Value of ${attribute}`,
  show: 'Show',
  valueHelp: 'such as FI',
};

type Texts = typeof en;

const de: Texts = {
  attribute: 'Spieler nach',
  everybody: 'alle',
  value: (attribute) => `Wert von ${attribute}`,
  show: 'Zeigen',
  valueHelp: 'zum Beispiel FI',
};

const es: Texts = {
  attribute: 'Jugadores por',
  everybody: 'todos',
  value: (attribute) => `Valor de ${attribute}`,
  show: 'Mostrar',
  valueHelp: 'por ejemplo FI',
};

const ja: Texts = {
  attribute: 'プレイヤーの絞り込み',
  everybody: '全員',
  value: (attribute) => `${attribute} の値`,
  show: '表示',
  valueHelp: '例: FI',
};

export function useSegmentTexts(): Texts {
  return { en, de, es, ja }[useLanguage()];
}
