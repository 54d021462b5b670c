import type { ComponentProps } from 'react';

import type { Permission } from '../api/types';
import { ROLE_NOTE, useReason } from './operator';

interface Props extends ComponentProps<'button'> {
  readonly permission: Permission;
}

/** Button for an action. It is disabled, with the reason, for roles that may not do the action. */
export function ActButton({ permission, disabled, className = 'button', ...button }: Props) {
  const reason = useReason(permission);
  return (
    <button
      type="button"
      className={className}
      disabled={reason !== null || disabled}
      title={reason ?? undefined}
      aria-describedby={reason === null ? undefined : ROLE_NOTE}
      {...button}
    />
  );
}
