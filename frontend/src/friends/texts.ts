import { useLanguage } from '../i18n/text';

/** Texts of kept friends, in a module of their own: only the page of friends loads them. */
const en = {
  keep: 'Keep friends in the service',
  token: (name: string) => `Player token of ${name}`,
  tokenHelp: 'The game issues it. It stays in this tab until you close the tab.',
  kept: (name: string) => `Signed in as ${name}. The service keeps your friends.`,
  signOut: 'Sign out',
  behind: (points: string, name: string) => `You are ${points} behind ${name}.`,
  doesNotFollow: 'does not follow you',
};

type Texts = typeof en;

const de: Texts = {
  keep: 'Freunde im Dienst speichern',
  token: (name) => `Spieler-Token von ${name}`,
  tokenHelp: 'Das Spiel stellt ihn aus. Er bleibt in diesem Tab, bis du den Tab schließt.',
  kept: (name) => `Angemeldet als ${name}. Der Dienst speichert deine Freunde.`,
  signOut: 'Abmelden',
  behind: (points, name) => `Du liegst ${points} hinter ${name}.`,
  doesNotFollow: 'folgt dir nicht',
};

const es: Texts = {
  keep: 'Guardar amigos en el servicio',
  token: (name) => `Token de jugador de ${name}`,
  tokenHelp: 'Lo emite el juego. Permanece en esta pestaña hasta que la cierres.',
  kept: (name) => `Has iniciado sesión como ${name}. El servicio guarda tus amigos.`,
  signOut: 'Cerrar sesión',
  behind: (points, name) => `Estás a ${points} de ${name}.`,
  doesNotFollow: 'no te sigue',
};

const ja: Texts = {
  keep: 'フレンドをサービスに保存する',
  token: (name) => `${name} のプレイヤートークン`,
  tokenHelp: 'ゲームが発行します。このタブを閉じるまで、このタブに残ります。',
  kept: (name) => `${name} としてサインインしています。フレンドはサービスに保存されます。`,
  signOut: 'サインアウト',
  behind: (points, name) => `${name} まであと ${points} です。`,
  doesNotFollow: 'あなたをフォローしていません',
};

export function useFriendTexts(): Texts {
  return { en, de, es, ja }[useLanguage()];
}
