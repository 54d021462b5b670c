"""Standings as rows of the database, and rows as standings."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from leaderforge.adapters.postgres.pool import Record
from leaderforge.domain.boards import Board, Ladder, Order
from leaderforge.domain.order import ranked_score
from leaderforge.domain.periods import Period
from leaderforge.domain.standings import REMOVED, EarlierPlace, Standing

StandingKey: TypeAlias = tuple[int, int, int]
"""Player id, board id and period number."""
Standings: TypeAlias = Mapping[StandingKey, Standing]

SIGNS = {Order.DESC: -1, Order.ASC: 1}
"""Factors that make lower scores better."""

_BEYOND_ALL = 2**62
"""Time (ms) after every event. `-_BEYOND_ALL` is before every event."""

_FIELDS = len(Standing._fields)
"""Number of leading columns that are the fields of a standing, in their order."""


def standing_of_row(board: Board, row: Record) -> Standing:
    """Return the standing in a row. The first columns must be the fields of a standing, in their order."""
    # Read columns by position, which is faster than by name. A rebuild converts every row of the table here.
    standing = Standing(*row[:_FIELDS])
    if board.segments:
        standing = standing._replace(segments=tuple(standing.segments or [None] * len(board.segments)))
    if board.subscore_order is Order.DESC:
        return standing._replace(subscore=ranked_score(Order.DESC, standing.subscore))
    return standing


def standings_of_rows(rows: Sequence[Record], boards: Mapping[int, Board]) -> Standings:
    """Return the standings in rows, by key. Rows of other boards are skipped."""
    return {key_of_row(row): standing_of_row(boards[row["board_id"]], row) for row in rows if row["board_id"] in boards}


def places_of_rows(
    rows: Sequence[Record], boards: Mapping[int, Board]
) -> tuple[Standings, Mapping[StandingKey, EarlierPlace | None]]:
    """Return the standings and earlier places in rows of record_previous_*.sql, by key. Skip rows of other boards."""
    standings: dict[StandingKey, Standing] = {}
    earlier: dict[StandingKey, EarlierPlace | None] = {}
    for row in rows:
        # Read columns by position, as in `standing_of_row`.
        user_id = row[0]
        board_id, period_id, score, achieved_at, submissions, ranked_subscore, hidden = row[_FIELDS:]
        board = boards.get(board_id)
        if board is None:
            continue
        key = user_id, board_id, period_id
        standings[key] = standing_of_row(board, row)
        if score is None or hidden & REMOVED:
            earlier[key] = None
        else:
            # Skip the conversion on boards without subscores, which are most boards.
            subscore = 0 if board.subscore_order is None else subranked(board, ranked_subscore)
            earlier[key] = EarlierPlace(score, achieved_at, user_id, subscore, submissions)
    return standings, earlier


def standing_row(key: StandingKey, board: Board, standing: Standing, revision: int) -> Sequence[object]:
    """Return the values of a standing's row, in the order of the columns in upsert_*.sql."""
    return (
        *key,
        SIGNS[board.order],
        standing.score,
        subranked(board, standing.subscore),
        standing.achieved_at,
        standing.received_us,
        standing.run_id,
        standing.metadata,
        standing.scored,
        standing.submissions,
        revision,
    )


def replacing_row(ladder: Ladder, standing: Standing, revision: int) -> Sequence[object]:
    """Return the values of a standing's row with its flags, in the order of the columns in replace_standings.sql."""
    key = key_of_standing(standing.user_id, ladder)
    return *standing_row(key, ladder.board, standing, revision), standing.hidden


def period_bounds(ladder: Ladder) -> tuple[int, int]:
    """Return the start and the end of the ladder's period: see `bounds_of_period`."""
    return bounds_of_period(ladder.board.calendar.numbered(ladder.period))


def bounds_of_period(period: Period) -> tuple[int, int]:
    """Return the start and the exclusive end of a period, in ms. All-time begins before and ends after every event."""
    starts_at, ends_at = period.starts_at, period.ends_at
    return -_BEYOND_ALL if starts_at is None else starts_at, _BEYOND_ALL if ends_at is None else ends_at


def subranked(board: Board, subscore: int) -> int:
    """Return the value of a subscore in the column `subranked`: lower is better."""
    return ranked_score(board.subscore_order or Order.ASC, subscore)


def key_of_row(row: Record) -> StandingKey:
    """Return the key of the standing in a row."""
    return row["user_id"], row["board_id"], row["period_id"]


def key_of_standing(user_id: int, ladder: Ladder) -> StandingKey:
    """Return the key of a player's standing on a ladder."""
    return user_id, ladder.board.id, ladder.period
