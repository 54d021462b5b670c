import { useEffect } from 'react';

import { useDeployment } from '../api/context';

/** Set the document's title. */
export function usePageTitle(shown: string): void {
  const { title } = useDeployment().config;
  useEffect(() => {
    document.title = shown ? `${shown} · ${title}` : title;
  }, [shown, title]);
}
