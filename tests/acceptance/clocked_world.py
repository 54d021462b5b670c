"""Several processes of the service with one clock that a test sets."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.score_store import PostgresScoreStore
from leaderforge.domain.boards import Board, Order, Policy
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.standings import Event
from leaderforge.embedded import PostgresServer, ValkeyCluster
from tests.acceptance import clocked_server
from tests.acceptance.api_fixtures import environment
from tests.acceptance.clocked_server import SharedClock, shared_clock
from tests.acceptance.conftest import new_database
from tests.acceptance.preloaded import FIRST_SHARED, start
from tests.acceptance.processes import ending
from tests.api_client import PLAIN_HTTP, SUBMIT_KEY, ApiClient, bearer
from tests.waiting import PATIENCE_S, until

PROCESSES = 3
PLAYERS = range(1, 41)
Submission = dict[str, Any]


@dataclass(frozen=True)
class World:
    """Processes of the service with their clients, their clock and their database."""

    clients: Sequence[httpx.AsyncClient]
    clock: SharedClock
    dsn: str
    board: Board
    random: Random

    def submission(self) -> Submission:
        return {
            "user_id": self.random.choice(PLAYERS),
            "score": self.random.randint(-5, 9),
            "submission_id": str(UUID(int=self.random.getrandbits(128))),
        }

    async def submit(self, submission: Submission, process: int | None = None) -> dict[str, Any]:
        client = self.random.choice(self.clients) if process is None else self.clients[process]
        answer = await client.post("/api/boards/laps/scores", json=submission)
        assert answer.status_code == 200, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt

    async def events(self) -> list[Event]:
        """Return the events in the database."""
        connection = await asyncpg.connect(self.dsn)
        try:
            rows = await connection.fetch("select user_id, submission_id, score, achieved_at from score_events")
        finally:
            await connection.close()
        return [Event(*row) for row in rows]

    @asynccontextmanager
    async def commits_held(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        """Block all recording of submissions until the end of the block."""
        connection = await asyncpg.connect(self.dsn)
        try:
            async with connection.transaction():
                await connection.execute("lock table score_events in share mode")
                yield connection
        finally:
            await connection.close()


@contextmanager
def process(settings: dict[str, str], clock_file: Path) -> Iterator[str]:
    """Run a server in a fork and yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port, shared = listening.getsockname()[1], [listening.fileno()]
        arguments = [str(clock_file), str(FIRST_SHARED)]
        running = start(clocked_server.__name__, arguments, {**os.environ, **settings}, shared=shared)
    with ending(running):
        yield f"http://127.0.0.1:{port}"


@asynccontextmanager
async def world_at(
    time: int, policy: Policy, valkey: ValkeyCluster, postgres: PostgresServer, directory: Path
) -> AsyncIterator[World]:
    """Run three processes whose clock starts at `time` (ms), with a board of this policy."""
    dsn = await new_database(postgres.dsn)
    board = await prepared(dsn, policy)
    settings = environment(valkey.addresses, dsn, LEADERFORGE_CHALLENGES="2")
    with ExitStack() as processes, shared_clock(directory / "clock") as clock:
        clock.set(time)
        addresses = [processes.enter_context(process(settings, directory / "clock")) for _ in range(PROCESSES)]
        async with AsyncExitStack() as stack:
            headers = bearer(SUBMIT_KEY)
            clients = [
                await stack.enter_async_context(
                    httpx.AsyncClient(base_url=address, headers=headers, timeout=PATIENCE_S, verify=PLAIN_HTTP)
                )
                for address in addresses
            ]
            await asyncio.gather(*(ApiClient(client).until_healthy() for client in clients))
            yield World(clients, clock, dsn, board, Random(policy))


async def prepared(dsn: str, policy: Policy) -> Board:
    """Create players, and return a board with every period kind except seasons."""
    pool = Pool(dsn)
    kinds = (PeriodKind.DAILY, PeriodKind.WEEKLY, PeriodKind.MONTHLY, PeriodKind.ALL_TIME)
    store = PostgresScoreStore(pool)
    board = await store.create_board(Board(0, "laps", "Laps", policy, Order.DESC, calendar=Calendar(kinds)))
    await pool.close()
    connection = await asyncpg.connect(dsn)
    await connection.executemany(
        "insert into users (user_id, username, created_at) values ($1, $2, 0)", [(i, f"player {i}") for i in PLAYERS]
    )
    await connection.close()
    return board


async def until_waiting(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Return once each process has submissions that `commits_held` blocks."""
    waiting = "select count(*) from pg_locks where not granted and relation = 'score_events'::regclass"

    async def all_wait() -> bool:
        return bool(await connection.fetchval(waiting) >= PROCESSES)

    await until(all_wait, "every process to wait")


def code_of(answer: httpx.Response) -> str:
    return "200" if answer.status_code == 200 else str(answer.json()["error"]["code"])
