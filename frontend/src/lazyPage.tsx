import { use, type ComponentType, type ReactElement } from 'react';

import { chunk } from './chunks';

/** Page with a function that loads its code. The promise never rejects: rendering the page shows a failure. */
export type LazyPage = (() => ReactElement) & { preload?: () => Promise<void> };

const failures = new Set<() => void>();

/** Discard the load failures of all pages. The next use of a failed page requests its code again. */
export function retryPages(): void {
  failures.forEach((forget) => {
    forget();
  });
  failures.clear();
}

/** Return the page of this name in a module. The module is loaded when the page is first opened, or by `preload`. */
export function lazyPage<Name extends string>(load: () => Promise<Record<Name, ComponentType>>, name: Name): LazyPage {
  let loading: Promise<ComponentType> | undefined;

  function loaded(): Promise<ComponentType> {
    loading ??= chunk(load).then(
      (module) => module[name],
      (error: unknown) => {
        // Keep the failure until a retry: React renders a component again whenever its promise settles.
        failures.add(() => (loading = undefined));
        throw error;
      },
    );
    return loading;
  }

  function Lazy() {
    const Page = use(loaded());
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
