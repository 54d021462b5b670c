import { useQuery } from '@tanstack/react-query';
import { Link, Outlet } from '@tanstack/react-router';
import { useMemo } from 'react';

import { useDeployment } from '../api/context';
import { setAdminKey, useAdminKey } from '../api/adminKey';
import { TAB } from '../shell/tab';
import { ErrorNotice } from '../ui/Notice';
import { SkeletonRows } from '../ui/Skeleton';
import { usePageTitle } from '../ui/usePageTitle';
import { ProviderSignIn } from './ProviderSignIn';
import { SignIn } from './SignIn';
import { OperatorContext, RIGHTS, ROLE_NOTE, useCaller } from './operator';
import { signedIn } from './reads';

/** Operators' console. It asks for a sign-in first. */
export function ConsolePage() {
  const isSignedIn = useAdminKey() !== null;
  usePageTitle('Console');

  return (
    <div className="space-y-6 sm:space-y-8">
      <div className="flex flex-wrap items-center justify-between gap-4">
        <h1 className="text-3xl font-bold tracking-tight sm:text-4xl">Console</h1>
        {isSignedIn && (
          <SignOut />
        )}
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
  const { client } = useDeployment();
  async function signOut(): Promise<void> {
    try {
      await client.change('DELETE', '/api/auth/console/session');
    } catch {
      // The session ends by itself; the tab forgets it now.
    }
    setAdminKey(null);
  }
  return (
    <button type="button" className="button" onClick={() => void signOut()}>
      Sign out
    </button>
  );
}

function SignedIn() {
  const { client } = useDeployment();
  const { data: caller, error, refetch } = useQuery(signedIn(client));
  const operator = useMemo(() => caller && { client, caller }, [client, caller]);
  if (!operator) return error ? <ErrorNotice error={error} retry={refetch} /> : <SkeletonRows rows={2} label="Loading your role" />;
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
  const { actor, person, role } = useCaller();
  return (
    <p className="text-sm text-muted">
      Signed in as{' '}
      <span dir="auto" className="font-medium text-ink">
        {person ?? actor}
      </span>
      , {role}. <span id={ROLE_NOTE}>{RIGHTS[role]}</span>
    </p>
  );
}

function Tabs() {
  return (
    <nav aria-label="Console" className="-mx-1 flex flex-wrap gap-1">
      <Link to="/console" activeOptions={{ exact: true, includeSearch: false }} className={TAB}>
        State
      </Link>
      <Link to="/console/activity" className={TAB}>
        Activity
      </Link>
      <Link to="/console/boards" className={TAB}>
        Boards
      </Link>
      <Link to="/console/players" className={TAB}>
        Players
      </Link>
      <Link to="/console/moderation" className={TAB}>
        Moderation
      </Link>
      <Link to="/console/imports" className={TAB}>
        Imports
      </Link>
      <Link to="/console/people" className={TAB}>
        People
      </Link>
      <Link to="/console/keys" className={TAB}>
        Keys
      </Link>
      <Link to="/console/audit" className={TAB}>
        Audit log
      </Link>
    </nav>
  );
}
