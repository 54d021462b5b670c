"""Frozen boards: the moment at which callers without access to the console see them."""

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.callers import Caller
from leaderforge.domain.moments import require_complete_at, require_segments_at


def frozen_at(board: Board, viewer: Caller, now: int, user_id: int | None = None) -> int | None:
    """Return the moment (ms) at which the viewer sees the board, None for the present.

    Callers of the console always see the present. A player with a token sees the present of the player's own entry.
    `user_id` is the player of the requested entry.
    """
    is_frozen = board.frozen_at is not None and board.frozen_at <= now
    if not is_frozen or viewer.views_console or (user_id is not None and viewer.is_player(user_id)):
        return None
    return board.frozen_at


def as_frozen(ladder: Ladder, viewer: Caller, now: int, user_id: int | None = None) -> Ladder:
    """Return the ladder at the moment at which the viewer sees it. The parameters are the same as in `frozen_at`.

    Raises `MomentNotFound` like `at_moment`.
    """
    moment = frozen_at(ladder.board, viewer, now, user_id)
    return ladder if moment is None else at_moment(ladder, moment)


def at_moment(ladder: Ladder, moment: int) -> Ladder:
    """Return the ladder at a moment (ms), with the settings of then.

    Raises `MomentNotFound` if the ladder has a segment whose players at the moment are not stored, or if a backfill of
    its period ended after the moment.
    """
    require_complete_at(ladder.board.slug, moment, ladder.complete_from(moment))
    if ladder.segment is not None:
        require_segments_at(ladder.board.slug, ladder.board.moments, moment)
    return ladder.as_of(moment)
