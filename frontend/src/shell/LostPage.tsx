import { Link } from '@tanstack/react-router';

import { Notice } from '../ui/Notice';

export function LostPage() {
  return (
    <Notice
      title="There is no such page"
      page
      action={
        <Link to="/" className="button">
          To the leaderboard
        </Link>
      }
    >
      The link may be old or incomplete.
    </Notice>
  );
}
