import { firstLanguage, type Language } from '../i18n/languages';

/** Texts of the widget. */
export interface Texts {
  readonly board: string;
  readonly rank: string;
  readonly player: string;
  readonly score: string;
  readonly nameless: (id: number) => string;
  readonly unreachable: string;
}

const TEXTS: Readonly<Record<Language, Texts>> = {
  en: { board: 'Leaderboard', rank: 'Rank', player: 'Player', score: 'Score', nameless: (id) => `Player ${id}`, unreachable: 'Reconnecting …' },
  de: { board: 'Rangliste', rank: 'Rang', player: 'Spieler', score: 'Punkte', nameless: (id) => `Spieler ${id}`, unreachable: 'Neu verbinden …' },
  es: { board: 'Clasificación', rank: 'Puesto', player: 'Jugador', score: 'Puntos', nameless: (id) => `Jugador ${id}`, unreachable: 'Reconectando …' },
  ja: { board: 'ランキング', rank: '順位', player: 'プレイヤー', score: 'スコア', nameless: (id) => `プレイヤー ${id}`, unreachable: '再接続中…' },
};

/** Return the language of the reader, and its texts. */
export function textsFor(tags: readonly string[]): [Language, Texts] {
  const language = firstLanguage(tags) ?? 'en';
  return [language, TEXTS[language]];
}
