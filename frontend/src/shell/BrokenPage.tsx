import { ErrorNotice } from '../ui/Notice';

/** Shown in place of a page that failed, such as one whose code could not be loaded. */
export function BrokenPage({ error }: { error: unknown }) {
  return <ErrorNotice error={error} retry={() => window.location.reload()} title="This page could not be shown" page />;
}
