import { useLanguage } from '../i18n/text';
import { formatNumber, plural } from '../format/numbers';

/** Texts of a tournament, in a module of their own: only boards with a tournament load them. */
const en = {
  tournament: 'Tournament',
  states: { upcoming: 'Upcoming', open: 'Open', closed: 'Closed', settled: 'Final' },
  startsIn: (left: string) => `Starts in ${left}`,
  endsIn: (left: string) => `Ends in ${left}`,
  nextIn: (left: string) => `The next one starts in ${left}`,
  entrants: (count: number, most: number | null) =>
    most === null ? `${formatNumber(count)} joined` : `${formatNumber(count)} of ${formatNumber(most)} places taken`,
  joined: 'You have joined.',
  attemptsLeft: (count: number) => plural(count, 'attempt left', 'attempts left'),
  windowEnds: (left: string) => `Your attempts end in ${left}.`,
  bracket: (bracket: number, count: number) => `Bracket ${formatNumber(bracket)} of ${formatNumber(count)}`,
  join: 'Join',
  token: 'Your player token',
  tokenHelp: 'The game issues it. It is sent once and not stored.',
};

type Texts = typeof en;

const de: Texts = {
  tournament: 'Turnier',
  states: { upcoming: 'Bevorstehend', open: 'Offen', closed: 'Beendet', settled: 'Endgültig' },
  startsIn: (left) => `Beginnt in ${left}`,
  endsIn: (left) => `Endet in ${left}`,
  nextIn: (left) => `Das nächste beginnt in ${left}`,
  entrants: (count, most) =>
    most === null ? `${formatNumber(count)} nehmen teil` : `${formatNumber(count)} von ${formatNumber(most)} Plätzen vergeben`,
  joined: 'Du nimmst teil.',
  attemptsLeft: (count) => plural(count, 'Versuch übrig', 'Versuche übrig'),
  windowEnds: (left) => `Deine Versuche enden in ${left}.`,
  bracket: (bracket, count) => `Gruppe ${formatNumber(bracket)} von ${formatNumber(count)}`,
  join: 'Teilnehmen',
  token: 'Dein Spieler-Token',
  tokenHelp: 'Das Spiel stellt ihn aus. Er wird einmal gesendet und nicht gespeichert.',
};

const es: Texts = {
  tournament: 'Torneo',
  states: { upcoming: 'Próximo', open: 'Abierto', closed: 'Cerrado', settled: 'Definitivo' },
  startsIn: (left) => `Empieza en ${left}`,
  endsIn: (left) => `Termina en ${left}`,
  nextIn: (left) => `El próximo empieza en ${left}`,
  entrants: (count, most) =>
    most === null ? `${formatNumber(count)} participan` : `${formatNumber(count)} de ${formatNumber(most)} plazas ocupadas`,
  joined: 'Participas.',
  attemptsLeft: (count) => plural(count, 'intento restante', 'intentos restantes'),
  windowEnds: (left) => `Tus intentos terminan en ${left}.`,
  bracket: (bracket, count) => `Grupo ${formatNumber(bracket)} de ${formatNumber(count)}`,
  join: 'Participar',
  token: 'Tu token de jugador',
  tokenHelp: 'Lo emite el juego. Se envía una vez y no se guarda.',
};

const ja: Texts = {
  tournament: 'トーナメント',
  states: { upcoming: '開始前', open: '開催中', closed: '終了', settled: '確定' },
  startsIn: (left) => `開始まで ${left}`,
  endsIn: (left) => `終了まで ${left}`,
  nextIn: (left) => `次回の開始まで ${left}`,
  entrants: (count, most) =>
    most === null ? `${formatNumber(count)}人が参加` : `${formatNumber(most)}枠中 ${formatNumber(count)}人が参加`,
  joined: '参加しています。',
  attemptsLeft: (count) => `残り ${formatNumber(count)} 回`,
  windowEnds: (left) => `挑戦できる時間は残り ${left} です。`,
  bracket: (bracket, count) => `グループ ${formatNumber(bracket)}/${formatNumber(count)}`,
  join: '参加する',
  token: 'プレイヤートークン',
  tokenHelp: 'ゲームが発行します。一度だけ送信され、保存されません。',
};

export function useTournamentTexts(): Texts {
  return { en, de, es, ja }[useLanguage()];
}
