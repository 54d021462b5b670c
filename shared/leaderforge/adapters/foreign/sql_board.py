"""Foreign board in the tables that many games have: `users`, `game_sessions` and `leaderboard` in PostgreSQL."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from leaderforge.adapters.foreign.reading import ForeignDatabase, ForeignRecord, opened_foreign_database, time_text_of
from leaderforge.domain.errors import Refused
from leaderforge.imports.foreign.boards import ForeignFacts, ForeignRow, Rows

_POLICIES = {"sum": ("sum", "desc"), "highest": ("best", "desc"), "lowest": ("best", "asc")}
"""Policy and order, by the column of sql_policies.sql that counts the totals in agreement with both."""


@asynccontextmanager
async def opened_sql_board(dsn: str, order: str) -> "AsyncIterator[SqlBoard]":
    """Yield the board in the tables. Raises `Refused`."""
    async with opened_foreign_database(dsn) as database:
        tables = await database.row("sql_tables")
        assert tables is not None  # noqa: S101 - the statement always returns a row
        if not (tables["sessions"] or tables["leaderboard"]):
            raise Refused(f"{database.address} has neither a table game_sessions nor a table leaderboard")
        yield SqlBoard(database, order, tables)


class SqlBoard:
    """Sessions as scores, and the table `leaderboard` as the ranking. Without sessions, the totals are the scores.

    A session is identified by its id, a total by its player.
    """

    def __init__(self, database: ForeignDatabase, order: str, tables: ForeignRecord) -> None:
        self._database = database
        self._order = order
        self._has_sessions: bool = tables["sessions"]
        self._has_leaderboard: bool = tables["leaderboard"]

    async def facts(self) -> ForeignFacts:
        counted = await self._database.row("sql_count_sessions" if self._has_sessions else "sql_count_leaderboard")
        assert counted is not None  # noqa: S101 - a count always returns a row
        agreed = await self._database.row("sql_policies") if self._has_sessions and self._has_leaderboard else None
        policy, order = ("sum", self._order) if agreed is None else _policy(agreed)
        return ForeignFacts(
            title=f"tables of {self._database.address}",
            tie_rule="the tables define no order of equal totals; here, the order is by last_updated",
            settings={"policy": policy, "order": order, "periods": "all-time"},
            count=counted["rows"],
            replaces=not self._has_sessions,
            has_times=True,
            has_ranking=self._has_leaderboard,
            remarks=[] if agreed is None else _remarks(agreed),
        )

    def scores(self) -> Rows:
        return self._sessions() if self._has_sessions else self._totals()

    def ranking(self) -> Rows | None:
        return self._totals() if self._has_sessions and self._has_leaderboard else None

    async def _sessions(self) -> Rows:
        async for record in self._database.rows("sql_sessions"):
            yield ForeignRow(
                id=f"game_sessions/{record['id']}",
                player_id=record["user_id"],
                score=record["score"],
                player=record["username"],
                time=time_text_of(record["played_at"]),
            )

    async def _totals(self) -> Rows:
        async for record in self._database.rows(f"sql_leaderboard_{self._order}"):
            yield ForeignRow(
                id=f"leaderboard/{record['user_id']}",
                player_id=record["user_id"],
                score=record["total_score"],
                player=record["username"],
                time=time_text_of(record["last_updated"]),
            )


def _policy(agreed: ForeignRecord) -> tuple[str, str]:
    """Return the policy and the order in agreement with most of the totals."""
    return _POLICIES[max(_POLICIES, key=lambda name: agreed[name])]


def _remarks(agreed: ForeignRecord) -> Sequence[str]:
    name = max(_POLICIES, key=lambda name: agreed[name])
    differing = agreed["players"] - agreed[name]
    if not differing:
        return []
    kind = "the sum" if name == "sum" else f"the {name}"
    return [f"totals in leaderboard that are not {kind} of the player's sessions: {differing:,}"]
