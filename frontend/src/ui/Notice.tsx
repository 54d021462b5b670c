import type { ReactNode } from 'react';

import { inWords } from '../api/errors';

/** Says that there is nothing, or that something did not work, and what to do. */
export function Notice({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-14 text-center">
      <p className="text-lg font-semibold">{title}</p>
      {children && <p className="max-w-prose text-muted text-pretty">{children}</p>}
      {action && <div className="mt-4">{action}</div>}
    </div>
  );
}

export function ErrorNotice({ error, retry, title = 'That did not work' }: { error: unknown; retry: () => unknown; title?: string }) {
  return (
    <div role="alert">
      <Notice
        title={title}
        action={
          <button type="button" className="button" onClick={() => void retry()}>
            Try again
          </button>
        }
      >
        {inWords(error)}
      </Notice>
    </div>
  );
}
