import type { ReactNode } from 'react';

import { inWords } from '../api/errors';
import { useText } from '../i18n/text';

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

export function ErrorNotice({ error, retry, title, page = false }: ErrorProps) {
  const words = useText();
  return (
    <div role="alert">
      <Notice
        title={title ?? words.failed}
        page={page}
        action={
          <button type="button" className="button" onClick={() => void retry()}>
            {words.tryAgain}
          </button>
        }
      >
        {inWords(error)}
      </Notice>
    </div>
  );
}

/** Notice in place of data that waits for a connection. */
export function OfflineNotice({ page = false }: { page?: boolean }) {
  const words = useText();
  return (
    <Notice title={words.offlineTitle} page={page}>
      {words.offlineNothing}
    </Notice>
  );
}
