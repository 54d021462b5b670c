import { useEffect } from 'react';

import { useSurroundings } from '../api/context';

/** Name the document after what it shows. */
export function usePageTitle(shown: string): void {
  const { title } = useSurroundings().config;
  useEffect(() => {
    document.title = shown ? `${shown} · ${title}` : title;
  }, [shown, title]);
}
