import type { Person } from '../../api/types';
import { Ago } from '../../ui/Ago';

/** Latest sign-in and latest action of a person. Reads are not logged, therefore a key's last use may be later. */
export function LastUse({ person }: { person: Person }) {
  const { signed_in_at: signedIn, last_act_at: acted, created_at: created } = person;
  return (
    <p className="text-sm text-muted">
      {signedIn !== null && (
        <>
          Signed in <Ago time={signedIn} />.{' '}
        </>
      )}
      {acted !== null ? (
        <>
          Last action <Ago time={acted} />.
        </>
      ) : (
        created !== null && (
          <>
            Key created <Ago time={created} />, no action yet.
          </>
        )
      )}
    </p>
  );
}
