"""Boards as rows, and changes of boards."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from leaderforge.adapters.postgres.audit import write_audit
from leaderforge.adapters.postgres.pool import Connection, Record
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.backfills import backfills_of, backfills_text
from leaderforge.domain.boards import Backfill, Board, Display, EarlierSettings, Order, Policy, RankStyle, ScoreLimits
from leaderforge.domain.earlier_settings import earlier_settings_of, earlier_settings_text
from leaderforge.domain.errors import BoardExists, BoardNotFound
from leaderforge.domain.feed_rules import feeds_of, feeds_text
from leaderforge.domain.league import League
from leaderforge.domain.league_rules import stored_league, stored_members_of
from leaderforge.domain.moments import Moments
from leaderforge.domain.notice_types import NoticeType
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.presence import required_first
from leaderforge.domain.reward_tables import RewardTable, reward_table_of
from leaderforge.domain.score_types import ScoreType
from leaderforge.domain.team_rules import team_rules_of
from leaderforge.domain.tiebreaker_rules import tiebreakers_of, tiebreakers_text
from leaderforge.domain.tier_rules import tiers_of
from leaderforge.domain.tournament_rules import tournament_of
from leaderforge.ports.boards import BoardCheck

BOARD_VALUES: Mapping[str, Callable[[Board], object]] = {
    "slug": lambda board: board.slug,
    "name": lambda board: board.name,
    "policy": lambda board: board.policy,
    "direction": lambda board: board.order,
    "rank_style": lambda board: board.rank_style,
    "subscore_direction": lambda board: board.subscore_order,
    "min_score": lambda board: board.limits.min_score,
    "max_score": lambda board: board.limits.max_score,
    "max_change": lambda board: board.limits.max_change,
    "min_interval_ms": lambda board: board.limits.min_interval_ms,
    "periods": lambda board: _kinds(board.calendar.kinds),
    "time_zone": lambda board: board.calendar.time_zone,
    "season": lambda board: board.calendar.season,
    "keep_days": lambda board: board.keep_days,
    "unit": lambda board: board.display.unit,
    "decimals": lambda board: board.display.decimals,
    "subscore_name": lambda board: board.display.subscore_name,
    "private": lambda board: board.private,
    "open_to_players": lambda board: board.open_to_players,
    "min_submissions": lambda board: board.min_submissions,
    "tiers": lambda board: json.dumps([tier.members for tier in board.tiers]) if board.tiers else None,
    "events": lambda board: ",".join(board.events) or None,
    "tournament": lambda board: None if board.tournament is None else json.dumps(board.tournament.members),
    "rewards": lambda board: None if board.rewards is None else json.dumps(board.rewards.members),
    "rewards_since": lambda board: None if board.rewards is None else board.rewards.since,
    "league": lambda board: None if board.league is None else json.dumps(stored_members_of(board.league)),
    "segments": lambda board: ",".join(board.segments) or None,
    "team": lambda board: None if board.team is None else str(board.team),
    "moment_days": lambda board: None if board.moments is None else board.moments.days,
    "moments_enabled_at": lambda board: None if board.moments is None else board.moments.enabled_at,
    "moments_since": lambda board: None if board.moments is None else board.moments.since,
    "moment_segments_since": lambda board: None if board.moments is None else board.moments.segments_since,
    "frozen_at": lambda board: board.frozen_at,
    "tiebreakers": lambda board: tiebreakers_text(board.tiebreakers),
    "feeds": lambda board: feeds_text(board.feeds),
    "score_type": lambda board: None if board.score_type is ScoreType.NUMBER else board.score_type,
    "backfill_kinds": lambda board: None if board.backfill is None else _kinds(board.backfill.kinds),
    "backfill_since": lambda board: None if board.backfill is None else board.backfill.since,
    "backfill_until": lambda board: None if board.backfill is None else board.backfill.until,
    "earlier_settings": lambda board: earlier_settings_text(board.earlier_settings),
    "past_backfills": lambda board: backfills_text(board.past_backfills),
}
"""Functions by column, for all columns except the id. Each returns the board's value in the column.

The order is the same as in fragments/board_columns.sql and in the parameters of all statements.
"""

_PERMANENT = frozenset(
    {
        *("slug", "policy", "direction", "subscore_direction", "time_zone", "min_submissions", "segments", "team"),
        *("tiebreakers", "score_type"),
    }
)
_LATER = frozenset({"backfill_kinds", "backfill_since", "backfill_until", "earlier_settings", "past_backfills"})
CREATED = tuple(column for column in BOARD_VALUES if column not in _LATER)
"""Columns of create_board.sql, in the order of its parameters. A new board has no backfills and no earlier settings."""
UPDATED = tuple(column for column in BOARD_VALUES if column not in _PERMANENT)
"""Columns of update_board.sql, in the order of its parameters. The first parameter is the id."""


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
        display=Display(row["unit"], row["decimals"], row["subscore_name"]),
        private=row["private"],
        open_to_players=row["open_to_players"],
        min_submissions=row["min_submissions"],
        tiers=tiers_of(json.loads(row["tiers"] or "[]")),
        events=tuple(map(NoticeType, row["events"].split(","))) if row["events"] else (),
        tournament=None if row["tournament"] is None else tournament_of(json.loads(row["tournament"])),
        rewards=_rewards_of(row),
        league=_league_of(row),
        segments=tuple(row["segments"].split(",")) if row["segments"] else (),
        team=None if row["team"] is None else team_rules_of(json.loads(row["team"])),
        backfill=_backfill_of(row),
        moments=_moments_of(row),
        frozen_at=row["frozen_at"],
        tiebreakers=tiebreakers_of(json.loads(row["tiebreakers"] or "[]")),
        feeds=feeds_of(json.loads(row["feeds"] or "[]")),
        score_type=ScoreType(row["score_type"] or ScoreType.NUMBER),
        earlier_settings=_earlier_settings_of(row["earlier_settings"]) if row["earlier_settings"] else (),
        past_backfills=_past_backfills_of(row["past_backfills"]) if row["past_backfills"] else (),
    )


async def create_board(
    connection: Connection, board: Board, act: AuditEntry | None, check: BoardCheck | None = None
) -> Board:
    """Create a board after the check, and write the audit entry. Raises `BoardExists`."""
    await _check(connection, board, check)
    rows = await connection.fetch(statement("create_board"), *_values(board, CREATED))
    row = required_first(rows, BoardExists(f"there is a board {board.slug!r} already", board=board.slug))
    if act is not None:
        await write_audit(connection, act)
    return board_of(row)


async def change_board(
    connection: Connection,
    slug: str,
    change: Callable[[Board], Board],
    act: AuditEntry,
    check: BoardCheck | None = None,
) -> Board:
    """Lock a board, change it and write the audit entry, unless nothing changes. Raises `BoardNotFound`."""
    before = await _lock(connection, slug)
    after = change(before)
    if after == before:
        return before
    await _check(connection, after, check)
    [row] = await connection.fetch(statement("update_board"), after.id, *_values(after, UPDATED))
    await write_audit(connection, act)
    return board_of(row)


async def delete_board(connection: Connection, slug: str, act: AuditEntry, check: BoardCheck | None = None) -> Board:
    """Mark a board as deleted after the check, and write the audit entry. Raises `BoardNotFound`."""
    board = await _lock(connection, slug)
    await _check(connection, board, check)
    await connection.execute(statement("delete_board"), board.id, act.at)
    await write_audit(connection, act)
    return board


async def _lock(connection: Connection, slug: str) -> Board:
    return board_of(required_first(await connection.fetch(statement("lock_board"), slug), BoardNotFound.of(slug)))


async def _check(connection: Connection, board: Board, check: BoardCheck | None) -> None:
    """Lock the boards to which the board refers, then check the board against all boards."""
    if check is None:
        return
    if board.referenced:
        await connection.fetch(statement("lock_boards"), ",".join(board.referenced))
    # This statement begins after the locks were acquired. It therefore sees what earlier holders of the locks changed.
    check(board, [board_of(row) for row in await connection.fetch(statement("boards"))])


def _values(board: Board, columns: Sequence[str]) -> Sequence[object]:
    return [BOARD_VALUES[column](board) for column in columns]


def _kinds(kinds: Sequence[PeriodKind]) -> str:
    return ",".join(kinds)


def _kinds_of(text: str) -> tuple[PeriodKind, ...]:
    return tuple(map(PeriodKind, text.split(",")))


def _rewards_of(row: Record) -> RewardTable | None:
    return None if row["rewards"] is None else reward_table_of(json.loads(row["rewards"]), row["rewards_since"] or 0)


def _league_of(row: Record) -> League | None:
    return None if row["league"] is None else stored_league(json.loads(row["league"]))


def _backfill_of(row: Record) -> Backfill | None:
    if row["backfill_kinds"] is None:
        return None
    return Backfill(_kinds_of(row["backfill_kinds"]), row["backfill_since"], row["backfill_until"])


def _moments_of(row: Record) -> Moments | None:
    if row["moment_days"] is None:
        return None
    return Moments(row["moment_days"], row["moments_enabled_at"], row["moments_since"], row["moment_segments_since"])


# Processes load a board in use every 2 s, and compare it with the boards in their caches. Comparisons of the same
# objects are fast, therefore keep the objects.
@lru_cache(64)
def _earlier_settings_of(text: str) -> tuple[EarlierSettings, ...]:
    """Return the earlier settings in a JSON list, the same object for each equal text."""
    return earlier_settings_of(json.loads(text))


@lru_cache(64)
def _past_backfills_of(text: str) -> tuple[Backfill, ...]:
    """Return the past backfills in a JSON list, the same object for each equal text."""
    return backfills_of(json.loads(text))
