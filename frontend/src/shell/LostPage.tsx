import { Link } from '@tanstack/react-router';

import { useText } from '../i18n/text';
import { Notice } from '../ui/Notice';
import { usePageTitle } from '../ui/usePageTitle';

export function LostPage() {
  const words = useText();
  usePageTitle(words.notFound);
  return (
    <Notice
      title={words.notFound}
      page
      action={
        <Link to="/" className="button">
          {words.openLeaderboard}
        </Link>
      }
    >
      {words.notFoundHint}
    </Notice>
  );
}
