"""The durable truth in PostgreSQL: boards, events and standings."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from time import time_ns

from leaderforge.adapters.postgres.errors import CHECK_VIOLATION, FOREIGN_KEY_VIOLATION, NodeUnavailable, Rejected
from leaderforge.adapters.postgres.pool import Pool, Record
from leaderforge.adapters.postgres.ranking import PostgresRanking
from leaderforge.adapters.postgres.recording import standing, write
from leaderforge.adapters.postgres.statements import listed, statement
from leaderforge.domain.boards import Board, Ladder, Order, Policy, RankStyle
from leaderforge.domain.errors import (
    Conflict,
    LeaderForgeError,
    Refused,
    ScoreOutOfRange,
    UserNotFound,
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
        self._clock = clock
        self._record_timeout_s = record_timeout_s
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
        async with self._pool.limit(self._record_timeout_s):
            return await self._record(submissions)

    async def standings(self, ladder: Ladder, user_ids: Collection[int]) -> Sequence[Standing]:
        rows = await self._pool.fetch(statement("standings"), ladder.board.id, ladder.period, listed(user_ids))
        return [standing(row) for row in rows]

    async def metadata(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, str]:
        rows = await self._pool.fetch(statement("metadata"), ladder.board.id, ladder.period, listed(user_ids))
        return {row["user_id"]: row["metadata"] for row in rows}

    async def changed_since(self, since: int) -> AsyncIterator[tuple[Ladder, Sequence[Standing]]]:
        boards = await self._boards()
        ladder_ids = itemgetter("board_id", "period_id")
        async for rows in self._pool.stream(statement("changed_since"), since, chunk=_CHUNK):
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

    async def _record(
        self, submissions: Sequence[Submission], *, one_node: bool = False
    ) -> Sequence[Recorded | LeaderForgeError]:
        """Record the submissions, in as few transactions as those that cannot be recorded allow."""
        if not submissions:
            return []
        try:
            return await self._pool.transact(
                lambda connection: write(connection, submissions, self._clock()), self._record_timeout_s
            )
        except NodeUnavailable as error:
            if one_node:
                return [NodeUnavailable(error.message, **error.details) for _ in submissions]
            return await self._record_by_node(submissions)
        except Rejected as error:
            if error.sqlstate == FOREIGN_KEY_VIOLATION:
                return await self._record_known(submissions, one_node)
            if not error.for_a_value:
                raise
            if len(submissions) == 1:
                return [_refusal(submissions[0], error)]
            half = len(submissions) // 2
            first = await self._record(submissions[:half], one_node=one_node)
            return [*first, *await self._record(submissions[half:], one_node=one_node)]

    async def _record_known(
        self, submissions: Sequence[Submission], one_node: bool
    ) -> Sequence[Recorded | LeaderForgeError]:
        """Record what is of players who exist."""
        rows = await self._pool.fetch(statement("known_users"), listed({s.event.user_id for s in submissions}))
        known = {row["user_id"] for row in rows}
        recorded = await self._record([s for s in submissions if s.event.user_id in known], one_node=one_node)
        outcomes = iter(recorded)
        return [next(outcomes) if s.event.user_id in known else _unknown(s.event.user_id) for s in submissions]

    async def _record_by_node(self, submissions: Sequence[Submission]) -> Sequence[Recorded | LeaderForgeError]:
        """Record what is of players on nodes that are up."""
        rows = await self._pool.fetch(statement("nodes_of_users"), listed({s.event.user_id for s in submissions}))
        nodes = {row["user_id"]: row["node"] for row in rows}
        outcomes: dict[int, Recorded | LeaderForgeError] = {}
        for node in set(nodes.values()):
            own = [i for i, s in enumerate(submissions) if nodes[s.event.user_id] == node]
            recorded = await self._record([submissions[i] for i in own], one_node=True)
            outcomes |= zip(own, recorded, strict=True)
        return [outcomes[i] for i in range(len(submissions))]

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


def _unknown(user_id: int) -> UserNotFound:
    return UserNotFound(f"there is no player {user_id}", user_id=user_id)


def _refusal(submission: Submission, error: Rejected) -> LeaderForgeError:
    user_id = submission.event.user_id
    if error.sqlstate == CHECK_VIOLATION:
        return ScoreOutOfRange("the player's score would leave the range of +-(2^53 - 1)", user_id=user_id)
    return Refused("the submission holds a value that cannot be stored", user_id=user_id)
