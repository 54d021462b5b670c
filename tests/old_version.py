"""Store of version 0.1.0 in tests/data, and clients that run the statements of that version.

`scripts/old_store` recorded the data.
"""

import asyncio
import json
import lzma
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from itertools import count
from pathlib import Path
from time import perf_counter, time_ns
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from leaderforge.adapters.postgres.migrate import migrate
from tests.waiting import until

LAST_MIGRATION = 6
"""Last migration of 0.1.0."""

_DATA = Path(__file__).parent / "data" / "0.1.0"
_LIMITS = dict.fromkeys(("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"), "5000")
"""Settings of a database session of 0.1.0: time limits in ms."""
_REPETITIONS = 4
"""Maximum number of retries of 0.1.0 after a deadlock."""
_PLAYERS = count(100_000_000)
_SUM, _DESC, _ALL_TIME = "sum", -1, 0

Connection = asyncpg.pool.PoolConnectionProxy
Work = Callable[[Connection], Awaitable[None]]


@dataclass(frozen=True)
class Table:
    """Rows of a table, as lines in the text format of COPY."""

    name: str
    columns: Sequence[str]
    lines: Sequence[str]


@cache
def statements() -> Mapping[str, str]:
    """Return the statements of 0.1.0 by name."""
    return dict(json.loads(_DATA.joinpath("statements.json").read_text()))


@cache
def recorded() -> Mapping[str, Any]:
    """Return recorded answers of 0.1.0, the time `now` (ms) at which it gave them, and the texts of the API keys."""
    return dict(json.loads(lzma.decompress(_DATA.joinpath("answers.json.xz").read_bytes())))


@cache
def schema() -> Mapping[str, Any]:
    """Return the columns and indexes of the tables of 0.1.0."""
    return dict(json.loads(_DATA.joinpath("schema.json").read_text()))


@cache
def _script() -> str:
    return lzma.decompress(_DATA.joinpath("store.sql.xz").read_bytes()).decode()


def tables() -> Iterator[Table]:
    """Yield the tables of the recorded store of 0.1.0, with their rows."""
    for part in _script().split("\\.\n")[:-1]:
        head, *lines = part.splitlines()
        name, _, columns = head.removeprefix("copy ").removesuffix(") from stdin;").partition(" (")
        yield Table(name, columns.split(", "), lines)


async def restore(dsn: str) -> None:
    """Create the tables of 0.1.0 in an empty database, and load the store."""
    await migrate(dsn, last=LAST_MIGRATION)
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("delete from boards")
        for table in tables():
            source = BytesIO("".join(f"{line}\n" for line in table.lines).encode())
            await connection.copy_to_table(table.name, source=source, columns=table.columns, format="text")
        for identity in _script().rpartition("\\.\n")[2].splitlines():
            await connection.execute(identity)
    finally:
        await connection.close()


async def lost_rows(dsn: str) -> dict[str, set[str]]:
    """Return, by table, the rows of the recorded store that the database lacks or has changed."""
    connection = await asyncpg.connect(dsn)
    try:
        return {table.name: lost for table in tables() if (lost := set(table.lines) - await _lines(connection, table))}
    finally:
        await connection.close()


async def _lines(connection: "asyncpg.Connection[asyncpg.Record]", table: Table) -> set[str]:
    rows = BytesIO()
    query = f"select {', '.join(table.columns)} from {table.name}"  # noqa: S608 - names from tests/data
    await connection.copy_from_query(query, output=rows, format="text")
    return set(rows.getvalue().decode().splitlines())


@dataclass
class OldClients:
    """Processes of 0.1.0 that use a database: they submit, create players, moderate and read.

    `rounds` has the number of completed rounds of each process, `longest_s` its longest round in s. `failures` has the
    errors of rounds, `acknowledged` the sum of each player's acknowledged scores.
    """

    pool: "asyncpg.Pool[asyncpg.Record]"
    distributed: bool
    players: Sequence[int]
    board_id: int
    rounds: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    acknowledged: dict[int, int] = field(default_factory=dict)
    longest_s: dict[str, float] = field(default_factory=dict)
    is_stopped: bool = False

    async def progress(self, rounds: int = 5) -> None:
        """Wait until each process has completed `rounds` more rounds. Fails with the errors of failed processes."""
        before = dict(self.rounds)

        def progressed() -> bool:
            assert not self.failures, self.failures
            return all(self.rounds[name] >= before[name] + rounds for name in before)

        await until(progressed, f"progress of {before}")

    def processes(self) -> Mapping[str, Work]:
        """Return, by the name of each process, the function that does one round of its work."""
        return {"submit": self.submit, "create": self.create, "moderate": self.moderate, "read": self.read}

    async def repeat(self, name: str, work: Work) -> None:
        """Run rounds until `is_stopped`. End at the first failed round."""
        self.rounds[name] = 0
        while not self.is_stopped:
            started = perf_counter()
            try:
                await self._retried(work)
            except (asyncpg.PostgresError, OSError) as error:
                self.failures.append(f"{name}: {error!r}")
                return
            self.rounds[name] += 1
            self.longest_s[name] = max(self.longest_s.get(name, 0.0), perf_counter() - started)

    async def _retried(self, work: Work) -> None:
        for attempt in count():
            try:
                async with asyncio.timeout(5), self.pool.acquire() as connection:
                    await work(connection)
            except asyncpg.DeadlockDetectedError:
                if attempt == _REPETITIONS:
                    raise
            else:
                return
            await asyncio.sleep(random.uniform(0, 0.01 * 2**attempt))

    async def submit(self, connection: Connection) -> None:
        """Submit a score of 1. On Citus, the submission is a transaction of two statements instead of one statement."""
        user_id, submission_id, now = random.choice(self.players), uuid4(), time_ns() // 1000
        if self.distributed:
            await self._submit_in_two(connection, user_id, submission_id, now)
        else:
            row = (user_id, self.board_id, _ALL_TIME, True, _DESC, submission_id, 1, 0, 0, now // 1000, None)
            columns = ([value] for value in row)
            await connection.fetch(statements()[f"record_{_SUM}"], *columns, now // 1000, now)
        self.acknowledged[user_id] = self.acknowledged.get(user_id, 0) + 1

    async def _submit_in_two(self, connection: Connection, user_id: int, submission_id: UUID, now: int) -> None:
        event = (user_id, self.board_id, submission_id, 1, 0, now // 1000, now // 1000, None)
        key = (user_id, self.board_id, _ALL_TIME, _DESC)
        async with connection.transaction():
            await connection.fetch(statements()["insert_events"], *event)
            values = (1, 0, now // 1000, submission_id, None, True, 1, now)
            await connection.fetch(statements()[f"upsert_{_SUM}"], *key, *values)

    async def create(self, connection: Connection) -> None:
        """Create a player, and claim its name."""
        user_id = next(_PLAYERS)
        async with connection.transaction():
            await connection.fetch(statements()["insert_users"], user_id, f"P{user_id}", None, 0)
            await connection.fetch(statements()["claim_usernames"], f"p{user_id}", user_id)

    async def moderate(self, connection: Connection) -> None:
        """Hide an entry and void its events. Take the locks in the order of 0.1.0: player, standings, events."""
        user_id, now = self.players[0], time_ns() // 1000
        async with connection.transaction():
            await connection.fetch(statements()["lock_player"], user_id)
            await connection.fetch(statements()["lock_standings"], user_id)
            await connection.execute(statements()["mark_entry"], user_id, self.board_id, 1, 1, now)
            await connection.execute(statements()["void_events"], user_id, -self.board_id)
            await connection.execute(statements()["touch"], user_id, now // 1000)
            act = (now // 1000, "old", "entry.hide", None, user_id, "test", "{}")
            await connection.execute(statements()["write_audit"], *act)

    async def read(self, connection: Connection) -> None:
        """Read boards, a page, and the changes for the index."""
        now = time_ns() // 1_000_000
        await connection.fetch(statements()["boards"])
        await connection.fetch(statements()["window_after"], self.board_id, _ALL_TIME, -(2**62), 0, 0, 0, 10)
        await connection.fetch(statements()["changed_between"], now - 100, now)
        await connection.fetch(statements()["touched_between"], now - 100, now)


@asynccontextmanager
async def old_clients(dsn: str, players: Sequence[int] = ()) -> AsyncIterator[OldClients]:
    """Run clients of 0.1.0 on a database during the block. Fails if a client fails.

    The clients submit to a new board, for the given players or for new players.
    """
    async with asyncpg.create_pool(dsn, min_size=4, max_size=4, server_settings=_LIMITS) as pool:
        distributed = await pool.fetchval(statements()["has_workers"])
        board_id = await pool.fetchval(
            "insert into boards (slug, name, policy, direction, rank_style)"
            " values ('old', 'Old', 'sum', 'desc', 'ordinal') returning board_id"
        )
        clients = OldClients(pool, distributed, players or [next(_PLAYERS) for _ in range(20)], board_id)
        if not players:
            await pool.executemany(statements()["insert_users"], [(i, f"P{i}", None, 0) for i in clients.players])
        tasks = [asyncio.create_task(clients.repeat(name, work)) for name, work in clients.processes().items()]
        try:
            await asyncio.sleep(0)
            await clients.progress()
            yield clients
            await clients.progress()
        finally:
            clients.is_stopped = True
            await asyncio.gather(*tasks)
