"""The durable truth in PostgreSQL: boards, events and standings."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from time import time_ns

from leaderforge.adapters.postgres.pool import Pool, Record
from leaderforge.adapters.postgres.ranking import PostgresRanking
from leaderforge.adapters.postgres.recording import Recorder
from leaderforge.adapters.postgres.statements import listed, statement
from leaderforge.adapters.postgres.writing import standing
from leaderforge.domain.boards import Board, Ladder, Order, Policy, RankStyle
from leaderforge.domain.errors import (
    Conflict,
    LeaderForgeError,
)
from leaderforge.domain.standings import Standing
from leaderforge.ports import Clock, Recorded, Submission

_CHUNK = 10_000


def microseconds() -> int:
    """Return the time now, in microseconds since 1970."""
    return time_ns() // 1000


class PostgresScoreStore(PostgresRanking):
    """`ScoreStore` on PostgreSQL.

    `record_timeout_s` limits a whole call of `record`, its retries included. `clock` (in microseconds) is what
    revisions start from: a hybrid logical clock, so that a player erased and created anew never falls back to
    revisions seen before.
    """

    def __init__(
        self,
        pool: Pool,
        *,
        clock: Clock = microseconds,
        record_timeout_s: float = 5.0,
        health_timeout_s: float = 1.0,
    ) -> None:
        super().__init__(pool)
        self._recorder = Recorder(pool, clock, record_timeout_s)
        self._health_timeout_s = health_timeout_s

    async def board(self, slug: str) -> Board | None:
        rows = await self._pool.fetch(statement("board"), slug)
        return _board(rows[0]) if rows else None

    async def create_board(self, slug: str, name: str, policy: Policy, order: Order, rank_style: RankStyle) -> Board:
        rows = await self._pool.fetch(statement("create_board"), slug, name, policy, order, rank_style)
        if not rows:
            raise Conflict(f"there is a board {slug!r} already", board=slug)
        return _board(rows[0])

    async def ladders(self) -> Sequence[Ladder]:
        boards = await self._boards()
        periods = await self._pool.fetch(statement("periods"))
        return [
            *(Ladder(board) for board in boards.values()),
            *(Ladder(boards[row["board_id"]], row["period_id"]) for row in periods if row["board_id"] in boards),
        ]

    async def record(self, submissions: Sequence[Submission]) -> Sequence[Recorded | LeaderForgeError]:
        return await self._recorder.record(submissions)

    async def standings(self, ladder: Ladder, user_ids: Collection[int]) -> Sequence[Standing]:
        rows = await self._pool.fetch(statement("standings"), ladder.board.id, ladder.period, listed(user_ids))
        return [standing(row) for row in rows]

    async def metadata(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, str]:
        rows = await self._pool.fetch(statement("metadata"), ladder.board.id, ladder.period, listed(user_ids))
        return {row["user_id"]: row["metadata"] for row in rows}

    async def changed_between(self, since: int, until: int) -> AsyncIterator[tuple[Ladder, Sequence[Standing]]]:
        boards = await self._boards()
        ladder_ids = itemgetter("board_id", "period_id")
        async for rows in self._pool.stream(statement("changed_between"), since, until, chunk=_CHUNK):
            for (board_id, period), group in groupby(sorted(rows, key=ladder_ids), ladder_ids):
                if board_id in boards:
                    yield Ladder(boards[board_id], period), [standing(row) for row in group]

    async def all_standings(self, ladder: Ladder) -> AsyncIterator[Sequence[Standing]]:
        async for rows in self._pool.stream(statement("all_standings"), ladder.board.id, ladder.period, chunk=_CHUNK):
            yield [Standing(*row) for row in rows]

    async def all_names(self) -> AsyncIterator[Mapping[int, str]]:
        async for rows in self._pool.stream(statement("all_names"), chunk=_CHUNK):
            yield dict(map(tuple, rows))

    async def health(self) -> Mapping[str, bool]:
        try:
            rows = await self._pool.fetch(statement("has_workers"), timeout_s=self._health_timeout_s)
        except LeaderForgeError:
            return {"postgres": False}
        return {"postgres": True} | (await self._workers() if rows[0]["distributed"] else {})

    async def _boards(self) -> Mapping[int, Board]:
        return {row["board_id"]: _board(row) for row in await self._pool.fetch(statement("boards"))}

    async def _workers(self) -> dict[str, bool]:
        try:
            rows = await self._pool.fetch(statement("workers"), timeout_s=self._health_timeout_s)
        except LeaderForgeError:
            return {}
        nodes = [(row["nodename"], row["nodeport"]) for row in rows]
        answers = await asyncio.gather(*(self._worker_answers(*node) for node in nodes))
        return {f"worker {host}:{port}": ok for (host, port), ok in zip(nodes, answers, strict=True)}

    async def _worker_answers(self, host: str, port: int) -> bool:
        try:
            rows = await self._pool.fetch(statement("ping_worker"), host, port, timeout_s=self._health_timeout_s)
        except LeaderForgeError:
            return False
        return bool(rows[0]["answers"])


def _board(row: Record) -> Board:
    return Board(
        id=row["board_id"],
        slug=row["slug"],
        name=row["name"],
        policy=Policy(row["policy"]),
        order=Order(row["direction"]),
        rank_style=RankStyle(row["rank_style"]),
    )
