import type { ReactNode } from 'react';

import { inWords } from '../api/errors';

interface Props {
  readonly title: string;
  /** True if the notice is the only content of its page. */
  readonly page?: boolean;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

/** Notice of an empty list or a failure, with the next step. */
export function Notice({ title, page = false, children, action }: Props) {
  const Title = page ? 'h1' : 'p';
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-14 text-center">
      <Title className="text-lg font-semibold">{title}</Title>
      {children && <p className="max-w-prose text-muted text-pretty">{children}</p>}
      {action && <div className="mt-4">{action}</div>}
    </div>
  );
}

interface ErrorProps {
  readonly error: unknown;
  readonly retry: () => unknown;
  readonly title?: string;
  readonly page?: boolean;
}

export function ErrorNotice({ error, retry, title = 'This could not be loaded', page = false }: ErrorProps) {
  return (
    <div role="alert">
      <Notice
        title={title}
        page={page}
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
