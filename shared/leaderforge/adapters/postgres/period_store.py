"""Period rollover in PostgreSQL."""

from collections.abc import Sequence

from leaderforge.adapters.postgres.periods import Periods
from leaderforge.adapters.postgres.pool import Pool, Record
from leaderforge.adapters.postgres.statements import joined, statement
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.history import KeptPeriod
from leaderforge.domain.timing import commit_limit_s

_PLAYERS = ("players_in_period", "league_players_in_period", "entrants_in_period")
"""Statements that return players with rows in a period.

The standings alone are not enough. Players who were absent from a league have a result without a standing, and entrants
may never have submitted. Teams may have contributions without a standing, on team boards only: see `_TEAMS`.
"""
_TEAMS = "teams_in_period"
_REMOVALS = (
    "remove_league_members",
    "remove_awards",
    "remove_noticed_tiers",
    "remove_entrants",
    "remove_league_results",
    "remove_past_standings",
    "remove_team_contributions",
    "remove_from_period",
)
"""Statements that delete the rows of players in a period. Standings come last, because `_PLAYERS` reads them."""
_PARTS = (
    "noticed_top",
    "moment_checkpoints",
    "moment_corrections",
    "segment_checkpoints",
    "segment_corrections",
    "league_divisions",
    "league_period",
    "award_rules",
    "resettlement",
    "settlement",
    "occurrence",
    "period",
)
"""Kinds of rows of a period that are deleted after the rows of its players. The row of the period itself is last."""


class PostgresPeriodStore:
    """`PeriodStore` on PostgreSQL."""

    def __init__(self, pool: Pool, periods: Periods) -> None:
        self._pool = pool
        self._periods = periods

    async def periods(self, board: Board, limit: int, before: int | None = None) -> Sequence[Ladder]:
        return await self._periods.of_board(board, limit, before)

    async def undropped(self, boards: Sequence[Board]) -> Sequence[KeptPeriod]:
        by_id = {board.id: board for board in boards}
        rows = await self._pool.fetch(statement("undropped_periods"))
        return [_period_from_row(by_id[row["board_id"]], row) for row in rows if row["board_id"] in by_id]

    async def old(self, board: Board, before: int, limit: int) -> Sequence[KeptPeriod]:
        rows = await self._pool.fetch(statement("old_periods"), board.id, before, limit)
        return [_period_from_row(board, row) for row in rows]

    async def retire(self, ladder: Ladder, at: int) -> None:
        await self._change("retire_period", ladder, at)

    async def note_dropped(self, ladder: Ladder) -> None:
        await self._pool.fetch(statement("drop_period"), ladder.board.id, ladder.period)

    async def expire(self, ladder: Ladder, at: int) -> None:
        await self._change("expire_period", ladder, at)

    async def _change(self, name: str, ladder: Ladder, at: int) -> None:
        # Other processes rely on the change once the propagation time since `at` is over. Without the time limit of the
        # transaction, the commit could be later.
        await self._pool.transact(
            lambda connection: connection.execute(statement(name), ladder.board.id, ladder.period, at),
            commit_limit_s(self._pool.timeout_s),
        )

    async def remove(self, ladder: Ladder, limit: int) -> int:
        ids = ladder.board.id, ladder.period
        users = await self._players(ladder, limit)
        for remove in _REMOVALS if users else ():
            await self._pool.fetch(statement(remove), *ids, joined(users))
        for part in _PARTS if not users else ():
            await self._pool.fetch(statement(f"remove_{part}"), *ids)
        return len(users)

    async def _players(self, ladder: Ladder, limit: int) -> Sequence[int]:
        """Return up to `limit` players with rows in a period, none if no row is left."""
        for name in _PLAYERS if ladder.board.team is None else (*_PLAYERS, _TEAMS):
            if rows := await self._pool.fetch(statement(name), ladder.board.id, ladder.period, limit):
                return [row["user_id"] for row in rows]
        return []


def _period_from_row(board: Board, row: Record) -> KeptPeriod:
    return KeptPeriod(Ladder(board, row["period_id"]), row["retired_at"], row["expired_at"])
