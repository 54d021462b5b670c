"""From the wire shape of a submission to what the services take."""

from uuid import uuid4

from functions.edge.context import Edge
from functions.edge.inputs import SubmissionIn
from leaderforge.domain.boards import Board
from leaderforge.domain.callers import Caller
from leaderforge.domain.errors import Forbidden, PeriodClosed, Refused
from leaderforge.domain.standings import Event
from leaderforge.ports import Submission


def submission_by(edge: Edge, caller: Caller, board: Board, given: SubmissionIn) -> Submission:
    """Return a caller's submission as it counts now. Raises `Forbidden`, `Refused` or `PeriodClosed` if it does not."""
    caller.require_submit(board, given.user_id)
    if given.achieved_at is not None:
        caller.require_timekeeping()
    if caller.user_id is not None and given.achieved_at is not None:
        raise Forbidden("players do not say themselves when they achieved a score: leave achieved_at out")
    now = edge.services.clock()
    return submission_at(edge, board, given, now if given.achieved_at is None else given.achieved_at)


def submission_at(edge: Edge, board: Board, given: SubmissionIn, achieved_at: int) -> Submission:
    """Return the submission of a score achieved at this time. Raises `Refused` or `PeriodClosed` if it cannot count."""
    if given.subscore is not None and board.subscore_order is None:
        raise Refused(f"board {board.slug!r} has no subscore", board=board.slug)
    now = edge.services.clock()
    achieved_at = min(achieved_at, now)
    ladders = board.ladders_counting(achieved_at, now, edge.services.settings.late_grace_ms)
    if not ladders:
        raise PeriodClosed(f"every period of board {board.slug!r} that this counts in is over", board=board.slug)
    event = Event(
        user_id=given.user_id,
        submission_id=given.submission_id or uuid4(),
        score=given.score,
        achieved_at=achieved_at,
        metadata=given.metadata,
        subscore=given.subscore or 0,
    )
    return Submission(ladders, event)
