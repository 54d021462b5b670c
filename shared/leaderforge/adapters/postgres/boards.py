"""Boards as rows, and changes of boards."""

from collections.abc import Callable, Sequence

from leaderforge.adapters.postgres.audit import write_audit
from leaderforge.adapters.postgres.pool import Connection, Record
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Backfill, Board, Display, Order, Policy, RankStyle, ScoreLimits
from leaderforge.domain.errors import BoardExists, BoardNotFound
from leaderforge.domain.periods import Calendar, PeriodKind


def board_of(row: Record) -> Board:
    """Return the board in a row with all board columns."""
    subscore_order = row["subscore_direction"]
    return Board(
        id=row["board_id"],
        slug=row["slug"],
        name=row["name"],
        policy=Policy(row["policy"]),
        order=Order(row["direction"]),
        rank_style=RankStyle(row["rank_style"]),
        subscore_order=None if subscore_order is None else Order(subscore_order),
        limits=ScoreLimits(row["min_score"], row["max_score"], row["max_change"], row["min_interval_ms"]),
        calendar=Calendar(_kinds_of(row["periods"]), row["time_zone"], row["season"]),
        keep_days=row["keep_days"],
        display=Display(row["unit"], row["decimals"]),
        private=row["private"],
        open_to_players=row["open_to_players"],
        backfill=_backfill_of(row),
    )


async def create_board(connection: Connection, board: Board, act: AuditEntry | None) -> Board:
    """Create a board, and write the audit entry. Raises `BoardExists`."""
    rows = await connection.fetch(statement("create_board"), *_created_values(board))
    if not rows:
        raise BoardExists(f"there is a board {board.slug!r} already", board=board.slug)
    if act is not None:
        await write_audit(connection, act)
    return board_of(rows[0])


async def change_board(connection: Connection, slug: str, change: Callable[[Board], Board], act: AuditEntry) -> Board:
    """Change a locked board, and write the audit entry unless nothing changes. Raises `BoardNotFound`."""
    before = await _locked(connection, slug)
    after = change(before)
    if after == before:
        return before
    [row] = await connection.fetch(statement("update_board"), *_updated_values(after))
    await write_audit(connection, act)
    return board_of(row)


async def delete_board(connection: Connection, slug: str, act: AuditEntry) -> Board:
    """Mark a board as deleted, and write the audit entry. Raises `BoardNotFound`."""
    board = await _locked(connection, slug)
    await connection.execute(statement("delete_board"), board.id, act.at)
    await write_audit(connection, act)
    return board


async def _locked(connection: Connection, slug: str) -> Board:
    rows = await connection.fetch(statement("lock_board"), slug)
    if not rows:
        raise BoardNotFound.of(slug)
    return board_of(rows[0])


def _created_values(board: Board) -> Sequence[object]:
    """Return the parameters of `create_board.sql`."""
    return (
        board.slug,
        board.name,
        board.policy,
        board.order,
        board.rank_style,
        board.subscore_order,
        *_limits(board),
        _kinds(board.calendar.kinds),
        board.calendar.time_zone,
        board.calendar.season,
        board.keep_days,
        *_display_and_access(board),
    )


def _updated_values(board: Board) -> Sequence[object]:
    """Return the parameters of `update_board.sql`."""
    return (
        board.id,
        board.name,
        board.rank_style,
        *_limits(board),
        _kinds(board.calendar.kinds),
        board.calendar.season,
        board.keep_days,
        *_display_and_access(board),
        *_backfill(board),
    )


def _limits(board: Board) -> Sequence[object]:
    limits = board.limits
    return limits.min_score, limits.max_score, limits.max_change, limits.min_interval_ms


def _kinds(kinds: Sequence[PeriodKind]) -> str:
    return ",".join(kinds)


def _kinds_of(text: str) -> tuple[PeriodKind, ...]:
    return tuple(map(PeriodKind, text.split(",")))


def _backfill(board: Board) -> Sequence[object]:
    backfill = board.backfill
    return (None, None, None) if backfill is None else (_kinds(backfill.kinds), backfill.since, backfill.until)


def _backfill_of(row: Record) -> Backfill | None:
    if row["backfill_kinds"] is None:
        return None
    return Backfill(_kinds_of(row["backfill_kinds"]), row["backfill_since"], row["backfill_until"])


def _display_and_access(board: Board) -> Sequence[object]:
    return board.display.unit, board.display.decimals, board.private, board.open_to_players
