import { useLanguage } from '../i18n/text';
import { formatNumber, plural } from '../format/numbers';

/** Texts of teams, in a module of their own: only the page of a team or player loads them. */
const en = {
  team: 'Team',
  members: 'Members',
  places: (taken: number, all: number) => `${formatNumber(taken)} of ${formatNumber(all)} places taken.`,
  rules: {
    sum: 'The sum of all contributions counts.',
    best: (count: number) => `The sum of the best ${plural(count, 'contribution', 'contributions')} counts.`,
    mean: (count: number) => `The mean of all contributions counts, from ${plural(count, 'player', 'players')} on.`,
  },
  source: (board: string) => `Contributions are scores on ${board}.`,
  captain: 'captain',
  counts: 'counts',
  spare: 'does not count',
  left: 'has left the team',
  noScore: 'no score yet',
  frozen: 'contributions are hidden until the end of the freeze',
  hidden: 'contributions are not public',
  nobody: 'The team has no members.',
  loading: 'Loading the members',
};

type Texts = typeof en;

const de: Texts = {
  team: 'Mannschaft',
  members: 'Mitglieder',
  places: (taken, all) => `${formatNumber(taken)} von ${formatNumber(all)} Plätzen belegt.`,
  rules: {
    sum: 'Die Summe aller Beiträge zählt.',
    best: (count) => (count === 1 ? 'Der beste Beitrag zählt.' : `Die Summe der besten ${formatNumber(count)} Beiträge zählt.`),
    mean: (count) => `Der Durchschnitt aller Beiträge zählt, ab ${plural(count, 'Spieler', 'Spielern')}.`,
  },
  source: (board) => `Beiträge sind Ergebnisse auf ${board}.`,
  captain: 'Kapitän',
  counts: 'zählt',
  spare: 'zählt nicht',
  left: 'hat die Mannschaft verlassen',
  noScore: 'noch kein Ergebnis',
  frozen: 'Beiträge sind verborgen, solange die Rangliste eingefroren ist',
  hidden: 'Beiträge sind nicht öffentlich',
  nobody: 'Die Mannschaft hat keine Mitglieder.',
  loading: 'Die Mitglieder werden geladen',
};

const es: Texts = {
  team: 'Equipo',
  members: 'Miembros',
  places: (taken, all) => `${formatNumber(taken)} de ${formatNumber(all)} plazas ocupadas.`,
  rules: {
    sum: 'Cuenta la suma de todas las aportaciones.',
    best: (count) => (count === 1 ? 'Cuenta la mejor aportación.' : `Cuenta la suma de las ${formatNumber(count)} mejores aportaciones.`),
    mean: (count) => `Cuenta la media de todas las aportaciones, a partir de ${plural(count, 'jugador', 'jugadores', 'de jugadores')}.`,
  },
  source: (board) => `Las aportaciones son puntuaciones en ${board}.`,
  captain: 'capitán',
  counts: 'cuenta',
  spare: 'no cuenta',
  left: 'ha dejado el equipo',
  noScore: 'aún sin puntuación',
  frozen: 'las aportaciones están ocultas mientras la tabla esté congelada',
  hidden: 'las aportaciones no son públicas',
  nobody: 'El equipo no tiene miembros.',
  loading: 'Cargando los miembros',
};

const ja: Texts = {
  team: 'チーム',
  members: 'メンバー',
  places: (taken, all) => `定員${formatNumber(all)}人中${formatNumber(taken)}人`,
  rules: {
    sum: '全員の貢献の合計。',
    best: (count) => `上位${formatNumber(count)}人の貢献の合計。`,
    mean: (count) => `全員の貢献の平均（${formatNumber(count)}人以上で順位が付きます）。`,
  },
  source: (board) => `貢献は ${board} のスコアです。`,
  captain: 'キャプテン',
  counts: '対象',
  spare: '対象外',
  left: '脱退済み',
  noScore: 'スコアなし',
  frozen: '表示の固定が終わるまで貢献は非表示',
  hidden: '貢献は非公開',
  nobody: 'このチームにメンバーはいません。',
  loading: 'メンバーを読み込み中',
};

export function useTeamTexts(): Texts {
  return { en, de, es, ja }[useLanguage()];
}
