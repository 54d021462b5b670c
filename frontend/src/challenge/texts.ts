import { formatNumber } from '../format/numbers';
import { useLanguage } from '../i18n/text';

/** Texts of a challenge, in a module of their own: only links of challenges load them. */
const en = {
  challenge: 'Challenge',
  states: { upcoming: 'Open', open: 'Open', closed: 'Closed', settled: 'Final' },
  endsIn: (left: string) => `Ends in ${left}`,
  places: (count: number, most: number) => `${formatNumber(count)} of ${formatNumber(most)} places taken`,
  missing: 'This challenge does not exist any more. Ask for a new link.',
  noScore: 'No score yet',
  choose: 'Open your player and choose “This is me” to join.',
  join: 'Join',
  joinAs: (name: string) => `Join as ${name}`,
  token: (name: string) => `Player token of ${name}`,
  tokenHelp: 'The game issues it. It is sent once and not stored.',
};

type Texts = typeof en;

const de: Texts = {
  challenge: 'Herausforderung',
  states: { upcoming: 'Offen', open: 'Offen', closed: 'Beendet', settled: 'Endgültig' },
  endsIn: (left) => `Endet in ${left}`,
  places: (count, most) => `${formatNumber(count)} von ${formatNumber(most)} Plätzen vergeben`,
  missing: 'Diese Herausforderung gibt es nicht mehr. Bitte um einen neuen Link.',
  noScore: 'Noch kein Ergebnis',
  choose: 'Öffne deinen Spieler und wähle „Das bin ich“, um teilzunehmen.',
  join: 'Teilnehmen',
  joinAs: (name) => `Mit ${name} teilnehmen`,
  token: (name) => `Spieler-Token von ${name}`,
  tokenHelp: 'Das Spiel stellt ihn aus. Er wird einmal gesendet und nicht gespeichert.',
};

const es: Texts = {
  challenge: 'Desafío',
  states: { upcoming: 'Abierto', open: 'Abierto', closed: 'Cerrado', settled: 'Definitivo' },
  endsIn: (left) => `Termina en ${left}`,
  places: (count, most) => `${formatNumber(count)} de ${formatNumber(most)} plazas ocupadas`,
  missing: 'Este desafío ya no existe. Pide un enlace nuevo.',
  noScore: 'Sin puntuación',
  choose: 'Para participar, abre tu jugador y elige «Soy yo».',
  join: 'Participar',
  joinAs: (name) => `Participar como ${name}`,
  token: (name) => `Token de jugador de ${name}`,
  tokenHelp: 'Lo emite el juego. Se envía una vez y no se guarda.',
};

const ja: Texts = {
  challenge: 'チャレンジ',
  states: { upcoming: '開催中', open: '開催中', closed: '終了', settled: '確定' },
  endsIn: (left) => `終了まで ${left}`,
  places: (count, most) => `${formatNumber(most)}枠中 ${formatNumber(count)}人が参加`,
  missing: 'このチャレンジはもうありません。新しいリンクを受け取ってください。',
  noScore: 'スコアなし',
  choose: '参加するには、自分のプレイヤーを開いて「これは私です」を選択してください。',
  join: '参加する',
  joinAs: (name) => `${name} として参加する`,
  token: (name) => `${name} のプレイヤートークン`,
  tokenHelp: 'ゲームが発行します。一度だけ送信され、保存されません。',
};

export function useChallengeTexts(): Texts {
  return { en, de, es, ja }[useLanguage()];
}
