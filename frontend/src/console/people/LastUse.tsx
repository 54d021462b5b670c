import type { Person } from '../../api/types';
import { Ago } from '../../ui/Ago';
import { Filled } from '../../ui/Filled';
import { useConsoleText } from '../i18n/text';

/**
 * Latest sign-in and latest logged action of a person. The person may have read data since then, because reads are not
 * logged.
 */
export function LastUse({ person: { signed_in_at: signedIn, last_act_at: acted, created_at: created } }: { person: Person }) {
  const { people } = useConsoleText();
  return (
    <p className="flex flex-wrap gap-x-2 text-sm text-muted">
      {signedIn !== null && <When text={people.signedIn} time={signedIn} />}
      {acted !== null && <When text={people.lastAct} time={acted} />}
      {acted === null && created !== null && <When text={people.created} time={created} />}
    </p>
  );
}

function When({ text, time }: { text: string; time: string }) {
  return (
    <span>
      <Filled text={text} parts={{ ago: <Ago time={time} /> }} />
    </span>
  );
}
