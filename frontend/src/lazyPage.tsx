import { use, type ComponentType, type ReactElement } from 'react';

import { chunk } from './chunks';

/**
 * Page with a function that loads its code. The promise of this function never rejects: if the load fails, the page
 * shows the error when it is rendered.
 */
export type LazyPage = (() => ReactElement) & { preload?: () => Promise<void> };

const failures = new Set<() => void>();

/** Discard the load failures of all modules. The next use of a failed module requests the module again. */
export function retryPages(): void {
  failures.forEach((forget) => {
    forget();
  });
  failures.clear();
}

/** Return a function that returns the same promise of a module at each call. The first call loads the module. */
export function lazily<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () =>
    (loading ??= chunk(load).catch((error: unknown) => {
      // Keep the rejected promise until a retry. React renders a component again whenever its promise settles, and
      // would request a failed module endlessly.
      failures.add(() => (loading = undefined));
      throw error;
    }));
}

/** Return the page of this name in a module. The module is loaded when the page is first opened, or by `preload`. */
export function lazyPage<Name extends string>(load: () => Promise<Record<Name, ComponentType>>, name: Name): LazyPage {
  const loaded = lazily(load);

  function Lazy() {
    const Page: ComponentType = use(loaded())[name];
    return <Page />;
  }

  return Object.assign(Lazy, {
    preload: () =>
      loaded().then(
        () => undefined,
        () => undefined,
      ),
  });
}
