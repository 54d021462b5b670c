"""Backfills that boards need after changes of their period kinds."""

from leaderforge.domain.boards import Backfill, Board
from leaderforge.domain.periods import PeriodKind
from leaderforge.domain.timing import PROPAGATION_MS


def changed_backfill(board: Board, kinds: tuple[PeriodKind, ...], now: int) -> Backfill | None:
    """Return the backfill that a board needs after its period kinds are changed to `kinds`, None if it needs none."""
    before = board.backfill
    added = tuple(kind for kind in kinds if kind not in board.calendar.kinds)
    if not added:
        return before
    until = now + PROPAGATION_MS
    if before is None:
        return Backfill(added, now, until)
    # A second change during a backfill extends the pending backfill: keep the early start, and add the new kinds.
    return Backfill(tuple(dict.fromkeys((*before.kinds, *added))), before.since, until)
