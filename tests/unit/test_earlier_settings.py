"""Earlier settings of boards: their limits."""

from leaderforge.domain.board_settings import changed_board
from leaderforge.domain.boards import Board, Ladder, RankStyle
from leaderforge.domain.earlier_settings import MAX_EARLIER_SETTINGS
from leaderforge.domain.moments import Moments
from leaderforge.domain.segments import Segment
from leaderforge.domain.tiers import Tier

NOON = 1_795_435_200_000
DAY_MS = 86_400_000
BOARD = Board(1, "race", "Race", moments=Moments(30, NOON, NOON, NOON), segments=("country",))


def toggled(board: Board, now: int) -> Board:
    """Return the board after a change of its rank style at `now` (ms)."""
    style = RankStyle.SHARED if board.rank_style is RankStyle.ORDINAL else RankStyle.ORDINAL
    return changed_board(board, {"rank_style": style}, now)


def test_settings_that_no_readable_moment_needs_are_dropped() -> None:
    board = toggled(toggled(BOARD, NOON + 1), NOON + DAY_MS)
    later = toggled(board, NOON + 31 * DAY_MS - 1)
    assert [earlier.until for earlier in later.earlier_settings] == [NOON + DAY_MS, NOON + 31 * DAY_MS - 1]
    frozen = toggled(changed_board(board, {"frozen_at": NOON}, NOON), NOON + 99 * DAY_MS)
    assert [earlier.until for earlier in frozen.earlier_settings][:2] == [NOON + 1, NOON + DAY_MS]
    other = changed_board(board, {"unit": "ms"}, NOON + 99 * DAY_MS)
    assert other.earlier_settings == board.earlier_settings


def test_the_earliest_settings_above_the_maximum_are_dropped() -> None:
    board = BOARD
    for i in range(1, MAX_EARLIER_SETTINGS + 6):
        board = toggled(board, NOON + i)
    assert [earlier.until - NOON for earlier in board.earlier_settings] == list(range(6, MAX_EARLIER_SETTINGS + 6))
    assert board.as_of(NOON) == board.as_of(NOON + 5)


def test_a_clock_that_is_behind_keeps_the_order_of_changes() -> None:
    board = changed_board(toggled(BOARD, NOON + 5), {"tiers": (Tier("all"),)}, NOON + 3)
    assert [earlier.until for earlier in board.earlier_settings] == [NOON + 5, NOON + 5]
    assert (board.as_of(NOON + 4).rank_style, board.as_of(NOON + 4).tiers) == (RankStyle.ORDINAL, ())
    assert board.as_of(NOON + 5) is board


def test_a_segment_at_a_moment_has_no_tiers() -> None:
    board = toggled(changed_board(BOARD, {"tiers": (Tier("all"),)}, NOON + 1), NOON + 5)
    past = Ladder(board.without_tiers(), segment=Segment("country", "FI")).as_of(NOON + 4)
    assert (past.board.rank_style, past.board.tiers) == (RankStyle.ORDINAL, ())
    assert Ladder(board).as_of(NOON + 4).board.tiers == (Tier("all"),)
