import { useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';

import { ChunkFailed } from '../chunks';
import { useText } from '../i18n/text';
import { retryPages } from '../lazyPage';
import { ErrorNotice } from '../ui/Notice';

interface Props {
  readonly error: unknown;
  readonly reset: () => void;
}

/** Replacement for a page that failed. Code that could not be loaded is requested again, without a reload. */
export function BrokenPage({ error, reset }: Props) {
  const router = useRouter();
  const isChunk = error instanceof ChunkFailed;

  useEffect(() => {
    if (!isChunk) return;
    const retry = () => {
      retryPages();
      reset();
    };
    window.addEventListener('online', retry);
    return () => {
      window.removeEventListener('online', retry);
      retryPages();
    };
  }, [isChunk, reset]);

  function onRetry(): void {
    if (!isChunk && navigator.onLine) window.location.reload();
    retryPages();
    reset();
    void router.invalidate();
  }

  return <ErrorNotice error={error} retry={onRetry} title={useText().pageFailed} page />;
}
