import { useMe } from '../me/me';
import { saveSession, useSession } from './session';
import { useFriendTexts } from './texts';
import { TokenSignIn } from './TokenSignIn';

/** Form to sign in with a player token. The service then stores the visitor's list of friends. Renders nothing before the
 * visitor has chosen a player.
 */
export function KeepFriends() {
  const words = useFriendTexts();
  const me = useMe();
  const session = useSession();
  if (session !== null) {
    return (
      <section aria-label={words.keep} className="card px-4 py-5 sm:px-6">
        <p className="text-sm">{words.kept(me?.id === session.id ? me.name : `#${session.id}`)}</p>
        <button type="button" className="button mt-4 w-full" onClick={() => saveSession(null)}>
          {words.signOut}
        </button>
      </section>
    );
  }
  return me && <TokenSignIn key={me.id} me={me} act={words.keep} />;
}
