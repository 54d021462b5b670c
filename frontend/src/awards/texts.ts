import { useLanguage } from '../i18n/text';

/** Texts of a player's awards, in a module of their own: only the page of a player loads them. */
const en = {
  awards: 'Your awards',
  show: 'Show my awards',
  none: 'You have no awards yet. They are granted when a period is settled.',
  place: (board: string, period: string, rank: string) => `${board}, ${period}, rank ${rank}`,
  seasonFrom: (day: string) => `season from ${day}`,
  claim: 'Claim',
  claimed: 'Claimed',
  revoked: 'Revoked after a change of the results',
};

type Texts = typeof en;

const de: Texts = {
  awards: 'Deine Auszeichnungen',
  show: 'Meine Auszeichnungen zeigen',
  none: 'Du hast noch keine Auszeichnungen. Sie werden vergeben, wenn ein Zeitraum abgerechnet ist.',
  place: (board, period, rank) => `${board}, ${period}, Rang ${rank}`,
  seasonFrom: (day) => `Saison ab ${day}`,
  claim: 'Abholen',
  claimed: 'Abgeholt',
  revoked: 'Nach einer Änderung der Ergebnisse entzogen',
};

const es: Texts = {
  awards: 'Tus premios',
  show: 'Mostrar mis premios',
  none: 'Aún no tienes premios. Se conceden cuando se liquida un periodo.',
  place: (board, period, rank) => `${board}, ${period}, puesto ${rank}`,
  seasonFrom: (day) => `temporada desde el ${day}`,
  claim: 'Reclamar',
  claimed: 'Reclamado',
  revoked: 'Retirado tras un cambio de los resultados',
};

const ja: Texts = {
  awards: 'あなたの報酬',
  show: '自分の報酬を表示',
  none: '報酬はまだありません。期間が確定すると与えられます。',
  place: (board, period, rank) => `${board}、${period}、${rank}位`,
  seasonFrom: (day) => `${day}からのシーズン`,
  claim: '受け取る',
  claimed: '受け取り済み',
  revoked: '結果の変更により取り消し',
};

export function useAwardTexts(): Texts {
  return { en, de, es, ja }[useLanguage()];
}
