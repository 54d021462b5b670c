"""Places of standings that submissions have changed, from the rows of the outbox that report the changes."""

from leaderforge.domain.boards import Board, Order
from leaderforge.domain.notice_log import OutboxRow
from leaderforge.domain.notice_types import NoticeType
from leaderforge.domain.order import Place, ranked_score, sort_key


def reports_submission(row: OutboxRow) -> bool:
    """Return whether the row reports a standing that a submission has changed."""
    return row.type == NoticeType.SCORE_IMPROVED


def changed_key(board: Board, row: OutboxRow) -> bytes | None:
    """Return the sort key of the standing that a submission's row reports, None if the player is not ranked."""
    standing = row.data
    if standing["hidden"] or board.missing_submissions(standing["submissions"]):
        return None
    subscore = ranked_score(board.subscore_order or Order.ASC, standing["subranked"])
    return sort_key(board, Place(standing["score"], standing["achieved_at"], row.user_id, subscore))
