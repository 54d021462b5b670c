import { useEffect } from 'react';

import { useDeployment } from '../api/context';

/** Set the document's title: these parts, then the site's title. Empty parts are left out. */
export function usePageTitle(...parts: readonly string[]): void {
  const { title } = useDeployment().config;
  const shown = [...parts, title].filter(Boolean).join(' - ');
  useEffect(() => {
    document.title = shown;
  }, [shown]);
}
