import { Link, Outlet } from '@tanstack/react-router';
import { useMemo } from 'react';

import { useDeployment } from '../api/context';
import { TAB } from '../shell/tab';
import { usePageTitle } from '../ui/usePageTitle';
import { SignIn } from './SignIn';
import { setAdminKey, useAdminKey } from '../api/adminKey';
import { OperatorContext } from './operator';

/** Operators' console. It asks for an admin key first. */
export function ConsolePage() {
  const { client } = useDeployment();
  const key = useAdminKey();
  const operator = useMemo(() => (key === null ? null : client.withKey(key)), [client, key]);
  usePageTitle('Console');

  return (
    <div className="space-y-6 sm:space-y-8">
      <div className="flex flex-wrap items-center justify-between gap-4">
        <h1 className="text-3xl font-bold tracking-tight sm:text-4xl">Console</h1>
        {operator && (
          <button type="button" className="button" onClick={() => setAdminKey(null)}>
            Sign out
          </button>
        )}
      </div>
      {operator ? (
        <OperatorContext value={operator}>
          <Tabs />
          <Outlet />
        </OperatorContext>
      ) : (
        <SignIn />
      )}
    </div>
  );
}

function Tabs() {
  return (
    <nav aria-label="Console" className="-mx-1 flex flex-wrap gap-1">
      <Link to="/console" activeOptions={{ exact: true, includeSearch: false }} className={TAB}>
        State
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
      <Link to="/console/keys" className={TAB}>
        Keys
      </Link>
      <Link to="/console/audit" className={TAB}>
        Audit log
      </Link>
    </nav>
  );
}
