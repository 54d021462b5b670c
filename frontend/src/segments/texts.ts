import { useLanguage } from '../i18n/text';

/** Texts of segments, in a module of their own: only boards with segments load them. */
const en = {
  attribute: 'Players by',
  everybody: 'everybody',
  value: (attribute: string) => `Value of ${attribute}`,
  show: 'Show',
  valueHelp: 'such as FI',
  withSame: (attribute: string) => `among players with the same ${attribute}`,
};

type Texts = typeof en;

const de: Texts = {
  attribute: 'Spieler nach',
  everybody: 'alle',
  value: (attribute) => `Wert von ${attribute}`,
  show: 'Zeigen',
  valueHelp: 'zum Beispiel FI',
  withSame: (attribute) => `unter Spielern mit gleichem Wert von ${attribute}`,
};

const es: Texts = {
  attribute: 'Jugadores por',
  everybody: 'todos',
  value: (attribute) => `Valor de ${attribute}`,
  show: 'Mostrar',
  valueHelp: 'por ejemplo FI',
  withSame: (attribute) => `entre jugadores con el mismo valor de ${attribute}`,
};

const ja: Texts = {
  attribute: 'プレイヤーの絞り込み',
  everybody: '全員',
  value: (attribute) => `${attribute} の値`,
  show: '表示',
  valueHelp: '例: FI',
  withSame: (attribute) => `${attribute} が同じプレイヤーの中で`,
};

export function useSegmentTexts(): Texts {
  return { en, de, es, ja }[useLanguage()];
}
