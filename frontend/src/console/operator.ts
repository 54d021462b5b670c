import { createContext, use } from 'react';

import { Client } from '../api/client';
import type { Caller, Permission } from '../api/types';
import { useConsoleText } from './i18n/text';

/** Signed-in person: `client` sends the person's key, and `caller` has the person's rights. */
export interface Operator {
  readonly client: Client;
  readonly caller: Caller;
}

const NOBODY: Caller = { actor: 'anonymous', person: null, role: 'viewer', permissions: [] };

/** Signed-in operator. Only the console's pages have one. */
export const OperatorContext = createContext<Operator>({ client: new Client(''), caller: NOBODY });

/** Return the client with the operator's key. */
export function useOperator(): Client {
  return use(OperatorContext).client;
}

export function useCaller(): Caller {
  return use(OperatorContext).caller;
}

/** Id of the text that says what the caller's role may do. Disabled buttons refer to it. */
export const ROLE_NOTE = 'role-note';

/** Return the reason why the caller lacks a permission, null if the caller has it. */
export function useReason(permission: Permission): string | null {
  const words = useConsoleText();
  const { role, permissions } = useCaller();
  return permissions.includes(permission) ? null : words.forbidden(role, permission);
}
