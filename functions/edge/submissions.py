"""Conversion of submissions on the wire to the domain's."""

from uuid import uuid4

from functions.edge.context import Edge
from functions.edge.wire.submissions import SubmissionIn
from leaderforge.domain.boards import Board
from leaderforge.domain.callers import Caller
from leaderforge.domain.errors import Forbidden, PeriodClosed, Refused
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Submission


def submission_from(edge: Edge, caller: Caller, board: Board, item: SubmissionIn) -> Submission:
    """Return a caller's submission. Raises `Forbidden`, `Refused` or `PeriodClosed` if it cannot be counted."""
    caller.require_submit(board, item.user_id)
    if item.achieved_at is not None:
        caller.require_timekeeping()
    if caller.user_id is not None and item.achieved_at is not None:
        raise Forbidden("achieved_at cannot be set with a player token; remove it")
    now = edge.services.clock()
    return submission_at(edge, board, item, now if item.achieved_at is None else item.achieved_at)


def submission_at(edge: Edge, board: Board, item: SubmissionIn, achieved_at: int) -> Submission:
    """Return the submission of a score achieved at a time (ms since 1970). Future times are clamped to now.

    Raises `Refused` or `PeriodClosed` if it cannot be counted.
    """
    if item.subscore is not None and board.subscore_order is None:
        raise Refused(f"board {board.slug!r} has no subscore; remove subscore", board=board.slug)
    now = edge.services.clock()
    achieved_at = min(achieved_at, now)
    ladders = board.ladders_counting(achieved_at, now, edge.services.settings.late_grace_ms)
    if not ladders:
        raise PeriodClosed(
            f"all periods of board {board.slug!r} at achieved_at are closed; submit scores sooner", board=board.slug
        )
    event = Event(
        user_id=item.user_id,
        submission_id=item.submission_id or uuid4(),
        score=item.score,
        achieved_at=achieved_at,
        metadata=item.metadata,
        subscore=item.subscore or 0,
    )
    return Submission(ladders, event)
