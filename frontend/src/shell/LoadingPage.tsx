import { useText } from '../i18n/text';
import { SkeletonRows } from '../ui/Skeleton';

/** Placeholder of a page whose code is loading. */
export function LoadingPage() {
  return <SkeletonRows rows={6} label={useText().loading} />;
}
