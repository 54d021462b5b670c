import { act, screen, within } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';

import { setAdminKey } from '../src/api/adminKey';
import type { Caller, Person } from '../src/api/types';
import { open } from './page';
import { OWNER, board, serve } from './server';

const MADE = new Date(Date.now() - 2 * 3_600_000).toISOString();
const ADA: Person = { actor: 'key:ada', person: 'Ada Lovelace', role: 'owner', created_at: MADE, signed_in_at: null, session_ends_at: null, last_act_at: MADE };
const BOB: Person = { ...ADA, actor: 'oidc:bob', person: 'Bob', role: 'viewer', created_at: null, signed_in_at: MADE, last_act_at: null };

function openPeople(caller: Caller) {
  let bob = BOB;
  const served = serve((url, init) => {
    if (url.pathname === '/api/admin/me') return { body: caller };
    if (url.pathname === '/api/admin/people/role') {
      bob = { ...bob, ...(JSON.parse(init.body as string) as Partial<Person>) };
      return { body: bob };
    }
    if (url.pathname === '/api/admin/people') return { body: { people: [ADA, bob] } };
    return board(3)(url, init);
  });
  act(() => setAdminKey('key'));
  return { ...served, ...open('/console/people', { console: true }) };
}

afterEach(() => setAdminKey(null));

describe('people', () => {
  it('are listed with role, actor and last use', async () => {
    openPeople(OWNER);
    const [ada, bob] = await screen.findAllByRole('listitem');
    expect(ada).toHaveTextContent(/Ada Lovelacekey:adaLast action 2 hours ago\.ownerChange role/);
    expect(bob).toHaveTextContent(/Boboidc:bobSigned in 2 hours ago\.viewerChange role/);
  });

  it('get another role in place', async () => {
    const { user } = openPeople(OWNER);
    await user.click(await screen.findByRole('button', { name: 'Change the role of Bob' }));
    const dialog = screen.getByRole('dialog', { name: 'Role of Bob' });
    expect(within(dialog).getByText(/until the next sign-in/)).toBeInTheDocument();
    expect(within(dialog).getByRole('button', { name: 'Change the role' })).toBeDisabled();
    await user.selectOptions(within(dialog).getByLabelText('Role'), 'moderator');
    await user.click(within(dialog).getByRole('button', { name: 'Change the role' }));
    expect(await screen.findByText('moderator')).toBeInTheDocument();
    expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
  });

  it('keep their own role', async () => {
    openPeople({ ...OWNER, actor: 'key:ada' });
    expect(await screen.findByRole('button', { name: 'Change the role of Ada Lovelace' })).toBeDisabled();
    expect(screen.getByRole('button', { name: 'Change the role of Bob' })).toBeEnabled();
  });

  it('cannot be changed by a viewer', async () => {
    openPeople({ actor: 'oidc:bob', person: 'Bob', role: 'viewer', permissions: ['view_console'] });
    expect(await screen.findByRole('button', { name: 'Change the role of Ada Lovelace' })).toBeDisabled();
  });
});
