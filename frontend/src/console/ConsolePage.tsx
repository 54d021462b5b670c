import { useQuery } from '@tanstack/react-query';
import { Link, Outlet } from '@tanstack/react-router';
import { useMemo } from 'react';

import { useDeployment } from '../api/context';
import { setAdminKey, useAdminKey } from '../api/adminKey';
import { TAB } from '../shell/tab';
import { Filled } from '../ui/Filled';
import { ErrorNotice } from '../ui/Notice';
import { SkeletonRows } from '../ui/Skeleton';
import { usePageTitle } from '../ui/usePageTitle';
import { ProviderSignIn } from './ProviderSignIn';
import { SignIn } from './SignIn';
import { ConsoleText, useConsoleText } from './i18n/text';
import { OperatorContext, ROLE_NOTE, useCaller } from './operator';
import { signedIn } from './reads';

/** Operators' console. It asks for a sign-in first. */
export function ConsolePage() {
  return (
    <ConsoleText>
      <Console />
    </ConsoleText>
  );
}

function Console() {
  const words = useConsoleText();
  const isSignedIn = useAdminKey() !== null;
  usePageTitle(words.console);

  return (
    <div className="space-y-6 sm:space-y-8">
      <div className="flex flex-wrap items-center justify-between gap-4">
        <h1 className="text-3xl font-bold tracking-tight sm:text-4xl">{words.console}</h1>
        {isSignedIn && <SignOut />}
      </div>
      {isSignedIn ? (
        <SignedIn />
      ) : (
        <>
          <ProviderSignIn />
          <SignIn />
        </>
      )}
    </div>
  );
}

function SignOut() {
  const words = useConsoleText();
  const { client } = useDeployment();
  async function signOut(): Promise<void> {
    try {
      await client.change('DELETE', '/api/auth/console/session');
    } catch {
      // If the service could not end the session, the session expires by itself. The tab drops its key in any case.
    }
    setAdminKey(null);
  }
  return (
    <button type="button" className="button" onClick={() => void signOut()}>
      {words.signOut}
    </button>
  );
}

function SignedIn() {
  const words = useConsoleText();
  const { client } = useDeployment();
  const { data: caller, error, refetch } = useQuery(signedIn(client));
  const operator = useMemo(() => caller && { client, caller }, [client, caller]);
  if (!operator) return error ? <ErrorNotice error={error} retry={refetch} /> : <SkeletonRows rows={2} label={words.loadingRole} />;
  return (
    <OperatorContext value={operator}>
      <Who />
      <Tabs />
      <Outlet />
    </OperatorContext>
  );
}

/** Name and role of the signed-in person, and what the role may do. */
function Who() {
  const words = useConsoleText();
  const { actor, person, role } = useCaller();
  const name = (
    <span dir="auto" className="font-medium text-ink">
      {person ?? actor}
    </span>
  );
  return (
    <p className="text-sm text-muted">
      <Filled text={words.signedInAs} parts={{ person: name, role: words.roles[role] }} /> <span id={ROLE_NOTE}>{words.rights[role]}</span>
    </p>
  );
}

function Tabs() {
  const words = useConsoleText();
  return (
    <nav aria-label={words.console} className="-mx-1 flex flex-wrap gap-1">
      <Link to="/console" activeOptions={{ exact: true, includeSearch: false }} className={TAB}>
        {words.tabs.state}
      </Link>
      <Link to="/console/activity" className={TAB}>
        {words.tabs.activity}
      </Link>
      <Link to="/console/boards" className={TAB}>
        {words.tabs.boards}
      </Link>
      <Link to="/console/players" className={TAB}>
        {words.tabs.players}
      </Link>
      <Link to="/console/teams" className={TAB}>
        {words.tabs.teams}
      </Link>
      <Link to="/console/moderation" className={TAB}>
        {words.tabs.moderation}
      </Link>
      <Link to="/console/imports" className={TAB}>
        {words.tabs.imports}
      </Link>
      <Link to="/console/awards" className={TAB}>
        {words.tabs.awards}
      </Link>
      <Link to="/console/endpoints" className={TAB}>
        {words.tabs.endpoints}
      </Link>
      <Link to="/console/people" className={TAB}>
        {words.tabs.people}
      </Link>
      <Link to="/console/keys" className={TAB}>
        {words.tabs.keys}
      </Link>
      <Link to="/console/audit" className={TAB}>
        {words.tabs.audit}
      </Link>
    </nav>
  );
}
