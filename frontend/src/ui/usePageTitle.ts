import { useEffect } from 'react';

import { useDeployment } from '../api/context';

/** Name the document after what it shows. */
export function usePageTitle(shown: string): void {
  const { title } = useDeployment().config;
  useEffect(() => {
    document.title = shown ? `${shown} · ${title}` : title;
  }, [shown, title]);
}
