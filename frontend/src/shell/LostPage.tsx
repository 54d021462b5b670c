import { Link } from '@tanstack/react-router';

import { Notice } from '../ui/Notice';

export function LostPage() {
  return (
    <Notice
      title="Page not found"
      page
      action={
        <Link to="/" className="button">
          Open the leaderboard
        </Link>
      }
    >
      The link may be old or incomplete.
    </Notice>
  );
}
