import { useEffect } from 'react';

import { ChunkFailed, reloadIfServed } from '../chunks';
import { useText } from '../i18n/text';
import { retryPages } from '../lazyPage';
import { ErrorNotice } from '../ui/Notice';

interface Props {
  readonly error: unknown;
  readonly reset: () => void;
}

/** Replacement for a page that failed. The page loads again when the browser is back online, or by the button. */
export function BrokenPage({ error, reset }: Props) {
  const isChunk = error instanceof ChunkFailed;

  useEffect(() => {
    if (!isChunk) return;
    const retry = () => void reloadIfServed();
    window.addEventListener('online', retry);
    return () => {
      window.removeEventListener('online', retry);
      retryPages();
    };
  }, [isChunk]);

  async function onRetry(): Promise<void> {
    await reloadIfServed();
    if (!isChunk) reset();
  }

  return <ErrorNotice error={error} retry={onRetry} title={useText().pageFailed} page />;
}
