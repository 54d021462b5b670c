"""Runs of the `leaderforge` command as a process, on a separate database and index."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg

from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.score_store import PostgresScoreStore
from leaderforge.adapters.redis.cluster import Cluster
from leaderforge.adapters.redis.index import RedisIndex
from leaderforge.config import EnvironmentSettings
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.order import FIRST, Place, place
from leaderforge.ports.ranking import Ranking
from tests.acceptance import preloaded
from tests.acceptance.processes import Process
from tests.waiting import until

PARTITIONS: int = EnvironmentSettings.model_fields["partitions"].default
LADDER = Ladder(Board(1, "default", "Default"))

CONTENTS = {
    "players": 'select username, email from users order by username collate "C"',
    "names": "select username_key, username from username_claims join users using (user_id) order by username_key",
    "events": (
        "select username, board_id, submission_id, score, achieved_at, metadata"
        ' from score_events join users using (user_id) order by username collate "C", board_id, submission_id'
    ),
    "standings": (
        "select username, board_id, period_id, score, achieved_at, run_id, scored, submissions, metadata"
        ' from standings join users using (user_id) order by username collate "C", board_id, period_id'
    ),
}
"""Queries for the data that must be equal after two imports of one file: all except player ids and recording times."""

_SECONDS = 120
_numbers = count()

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Finished:
    """Result of a command: its exit code, and the lines that it printed."""

    code: int
    output: list[str]
    errors: list[str]


@dataclass(frozen=True)
class Command:
    """The `leaderforge` command, with the addresses of its database and index."""

    dsn: str
    nodes: Sequence[str]
    namespace: str
    seconds: float = _SECONDS
    """Time limit of `run` in s."""

    def run(self, *arguments: str, code: int = 0, **variables: str) -> Finished:
        """Run a command to its end. Fails on an exit code other than `code`, or on a traceback."""
        environment = self.environment | variables
        ended = preloaded.run(arguments, environment, self.seconds) or subprocess.run(
            _command(arguments), check=False, capture_output=True, text=True, env=environment, timeout=self.seconds
        )
        assert ended.returncode == code, ended.stdout + ended.stderr
        assert "Traceback" not in ended.stderr
        return Finished(ended.returncode, ended.stdout.splitlines(), ended.stderr.splitlines())

    def peak_bytes(self, *arguments: str) -> int:
        """Run a command to its end without an error, and return its peak memory use in bytes."""
        silent = subprocess.DEVNULL
        process = subprocess.Popen(_command(arguments), stdout=silent, stderr=silent, env=self.environment)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        return usage.ru_maxrss * 1024

    @contextmanager
    def running(self, *arguments: str) -> Iterator[Process]:
        """Start a command. Kill it at the end of the block if it still runs."""
        process = self._started(arguments)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def _started(self, arguments: Sequence[str]) -> Process:
        with Path(os.devnull).open("wb") as output:
            if preloaded.is_active():
                return preloaded.start(preloaded.COMMAND, arguments, self.environment, output=output.fileno())
            return subprocess.Popen(_command(arguments), env=self.environment, stdout=output)

    def elsewhere(self) -> "Command":
        """Return a command for the same database with another index."""
        return replace(self, namespace=_new_namespace())

    async def query(self, query: str, *arguments: object) -> Rows:
        async with self.connection() as connection:
            return [tuple(row) for row in await connection.fetch(query, *arguments)]

    async def count(self, table: str) -> int:
        [(number,)] = await self.query(f"select count(*) from {table}")  # noqa: S608 - the caller is a test
        return int(number)

    async def contents(self) -> dict[str, Rows]:
        return {name: await self.query(query) for name, query in CONTENTS.items()}

    @asynccontextmanager
    async def connection(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        connection = await asyncpg.connect(self.dsn)
        try:
            yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def held(self, statement: str, *arguments: object) -> AsyncIterator[None]:
        """Run a statement, and hold its locks during the block. Then wait until all sessions of commands have ended."""
        async with self.connection() as connection:
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute(statement, *arguments)
            try:
                yield
            finally:
                await transaction.rollback()
        await until(self.left, "the server to notice that its client is gone")

    async def waits(self) -> bool:
        """Return whether the command waits for the locks that `held` holds."""
        waiting = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        return bool(await self.query(waiting))

    async def orders(self) -> tuple[list[Place], list[Place]]:
        """Return the complete default board, best first, from the database and from the index."""
        pool = Pool(self.dsn)
        cluster = Cluster(self.nodes, timeout_s=10)
        index = RedisIndex(cluster, partitions=PARTITIONS, namespace=self.namespace)
        try:
            return await _order(PostgresScoreStore(pool)), await _order(index)
        finally:
            await cluster.close()
            await pool.close()

    async def left(self) -> bool:
        others = (
            "select 1 from pg_stat_activity where datname = current_database() and application_name = 'leaderforge'"
        )
        return not await self.query(others)

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LEADERFORGE_")}
        return inherited | {
            "LEADERFORGE_POSTGRES_DSN": self.dsn,
            "LEADERFORGE_REDIS_NODES": ",".join(self.nodes),
            "LEADERFORGE_NAMESPACE": self.namespace,
            "COLUMNS": "200",
            "TERM": "dumb",
        }


def new_command(dsn: str, nodes: Sequence[str]) -> Command:
    """Return the command with a new index."""
    return Command(dsn, nodes, _new_namespace())


def kill(process: Process) -> None:
    """Kill a process. Fails if it has ended already."""
    process.kill()
    assert process.wait() == -signal.SIGKILL


async def _order(ranking: Ranking) -> list[Place]:
    window = await ranking.window(LADDER, FIRST, before=0, after=10**6)
    assert len(window.after) == window.total
    return [place(LADDER.board, row.key) for row in window.after]


def _command(arguments: Sequence[str]) -> list[str]:
    return [str(Path(sys.executable).with_name("leaderforge")), *arguments]


def _new_namespace() -> str:
    return f"cli-{os.getpid()}-{next(_numbers)}"
