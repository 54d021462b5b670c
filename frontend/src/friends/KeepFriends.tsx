import { useMe } from '../me/me';
import { saveSession, useSession } from './session';
import { useFriendTexts } from './texts';
import { TokenSignIn } from './TokenSignIn';

/** Sign-in by a token of the game, after which the service keeps the list. Readers must have chosen their player. */
export function KeepFriends() {
  const words = useFriendTexts();
  const me = useMe();
  const session = useSession();
  if (session !== null) {
    return (
      <section aria-label={words.keep} className="card px-5 py-5">
        <p className="text-sm">{words.kept(me?.id === session.id ? me.name : `#${session.id}`)}</p>
        <button type="button" className="button mt-4 w-full" onClick={() => saveSession(null)}>
          {words.signOut}
        </button>
      </section>
    );
  }
  return me && <TokenSignIn key={me.id} me={me} act={words.keep} />;
}
