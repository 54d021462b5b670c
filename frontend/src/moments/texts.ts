import { useLanguage } from '../i18n/text';

/** Texts of past moments, in a module of their own: only boards with moments load them. */
const en = {
  movement: 'Movement',
  live: 'live',
  lookBack: 'Look back to',
  show: 'Show',
  asItWas: (time: string) => `The board as it was on ${time}. Live updates are paused.`,
  backToNow: 'Back to now',
  hadNoScore: (name: string) => `${name} had no score at this moment`,
};

type Texts = typeof en;

const de: Texts = {
  movement: 'Bewegung',
  live: 'live',
  lookBack: 'Rückblick auf',
  show: 'Zeigen',
  asItWas: (time) => `Die Rangliste, wie sie am ${time} war. Live-Aktualisierungen pausieren.`,
  backToNow: 'Zurück zu jetzt',
  hadNoScore: (name) => `${name} hatte zu diesem Zeitpunkt kein Ergebnis`,
};

const es: Texts = {
  movement: 'Movimiento',
  live: 'en directo',
  lookBack: 'Ver el momento',
  show: 'Mostrar',
  asItWas: (time) => `La tabla tal como estaba el ${time}. Las actualizaciones en directo están en pausa.`,
  backToNow: 'Volver al presente',
  hadNoScore: (name) => `${name} no tenía puntuación en ese momento`,
};

const ja: Texts = {
  movement: '順位の変動',
  live: 'ライブ',
  lookBack: '過去の時点',
  show: '表示',
  asItWas: (time) => `${time} 時点のランキングです。ライブ更新は停止中です。`,
  backToNow: '現在に戻る',
  hadNoScore: (name) => `この時点では ${name} のスコアはありません`,
};

export function useMomentTexts(): Texts {
  return { en, de, es, ja }[useLanguage()];
}
