import { ErrorNotice } from '../ui/Notice';

/** Replacement for a page that failed, for example because its code could not be loaded. */
export function BrokenPage({ error }: { error: unknown }) {
  return <ErrorNotice error={error} retry={() => window.location.reload()} title="This page could not be shown" page />;
}
