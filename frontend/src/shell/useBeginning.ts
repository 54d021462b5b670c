import { useEffect, useRef } from 'react';

/** Scroll each new page to its top and focus its content, as if the browser had loaded it. */
export function useBeginning(pathname: string): void {
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    window.scrollTo(0, 0);
    document.getElementById('content')?.focus({ preventScroll: true });
  }, [pathname]);
}
