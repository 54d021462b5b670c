import { createContext, use } from 'react';

import { Client } from '../api/client';
import type { Caller, Permission, Role } from '../api/types';

/** Signed-in person: the client with its key, and its rights. */
export interface Operator {
  readonly client: Client;
  readonly caller: Caller;
}

const NOBODY: Caller = { actor: 'anonymous', person: null, role: 'viewer', permissions: [] };

/** Operator of the console. Only the console provides it. */
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

/** Rights of a role, as a sentence. */
export const RIGHTS: Readonly<Record<Role, string>> = {
  viewer: 'Viewers see everything and change nothing.',
  moderator: 'Moderators change entries and players, but neither boards nor keys.',
  owner: 'Owners may do everything.',
};

const NEEDED: Readonly<Partial<Record<Permission, string>>> = {
  moderate: 'Only moderators and owners may do this.',
  edit_players: 'Only moderators and owners may do this.',
  set_scores: 'Only moderators and owners may do this.',
};

/** Return why the caller may not do something, null if it may. */
export function useReason(permission: Permission): string | null {
  const { role, permissions } = useCaller();
  if (permissions.includes(permission)) return null;
  return `You are a ${role}. ${NEEDED[permission] ?? 'Only owners may do this.'}`;
}
