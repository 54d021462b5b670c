"""Workers that join and leave a distributed database (Citus), and moves of shards between them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import NamedTuple

import asyncpg

from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.addresses import host_and_port
from leaderforge.domain.errors import LeaderForgeError

OnShardsMoved = Callable[[int], object]
"""Callback that gets the number of moves that have ended since the last call.

One move takes the shards of some players to another worker.
"""

_CONNECT_S = 10.0
_POLL_S = 0.5
_REPETITIONS = 20
"""Maximum retries of a statement after deadlocks. The database takes about two seconds to find a deadlock."""
_RUNNING = frozenset({"scheduled", "running", "cancelling", "failing"})


class WorkerChangeFailed(LeaderForgeError):
    """Error for a change of the workers that did not finish. To continue the change, run the same command again."""

    code = "worker_change_failed"


@dataclass(frozen=True, slots=True)
class WorkerShare:
    """Worker, and the number of shards that it has of each table of players."""

    host: str
    port: int
    shards: int

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"


class WorkerNodes:
    """Changes of the workers of a database. The database server completes the rebalance of an interrupted command."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    async def shares(self) -> Sequence[WorkerShare]:
        """Return all workers in the order of their addresses."""
        rows = await self._connection.fetch(statement("worker_shares"))
        return [WorkerShare(row["host"], row["port"], row["shards"]) for row in rows]

    async def add(self, address: str, on_moved: OnShardsMoved) -> int:
        """Register a worker if it is not registered yet, and move an equal share of the shards to it.

        Return the number of moves. The worker needs a database of the same name, with the extension `citus` and without
        tables.
        """
        host, port = _parsed(address)
        if address not in {share.address for share in await self.shares()}:
            await self._change("add_worker", host, port)
        await self._change("keep_shards", host, port, True)
        return await self.rebalance(on_moved)

    async def remove(self, address: str, on_moved: OnShardsMoved) -> int:
        """Move all shards of a worker to the other workers, and remove the worker. Return the number of moves."""
        host, port = _parsed(address)
        addresses = [share.address for share in await self.shares()]
        if address not in addresses:
            raise WorkerChangeFailed(f"{address} is not a worker: the workers are {', '.join(addresses)}")
        if len(addresses) == 1:
            raise WorkerChangeFailed(f"{address} is the only worker: add another one first")
        await self._change("keep_shards", host, port, False)
        moves = await self.rebalance(on_moved, drain=True)
        await self._change("drop_worker", host, port)
        return moves

    async def rebalance(self, on_moved: OnShardsMoved, *, drain: bool = False) -> int:
        """Spread the shards evenly. With `drain`, only move shards away from workers that must not have any.

        Return the number of moves. If a rebalance is in progress, wait for its end first.
        """
        moves = await self._wait(on_moved) if await self._is_running() else 0
        if await self._connection.fetchval(statement("start_rebalance"), drain) is None:
            return moves
        return moves + await self._wait(on_moved)

    async def _change(self, name: str, *values: object) -> None:
        """Run a statement that changes the list of workers.

        It locks tables that each node has, and therefore may deadlock with transactions of the service. As the younger
        transaction, it is the one that the database ends. Raises `DeadlockDetectedError` if this happens each time.
        """
        for _ in range(_REPETITIONS):
            with suppress(asyncpg.DeadlockDetectedError):
                await self._connection.execute(statement(name), *values)
                return
        await self._connection.execute(statement(name), *values)

    async def _is_running(self) -> bool:
        return (await self._state()).name in _RUNNING

    async def _wait(self, on_moved: OnShardsMoved) -> int:
        """Wait for the end of the newest rebalance, and return the number of its moves."""
        reported = 0
        while True:
            state = await self._state()
            on_moved(state.moved - reported)
            reported = state.moved
            if state.name == "finished":
                return reported
            if state.name not in _RUNNING:
                raise WorkerChangeFailed(
                    f"the moves of shards ended as {state.name}: read the log of the coordinator and the output of "
                    "citus_rebalance_status() there, then run the command again"
                )
            await asyncio.sleep(_POLL_S)

    async def _state(self) -> "_RebalanceState":
        """Return the state of the newest rebalance."""
        row = await self._connection.fetchrow(statement("rebalance_state"))
        return _RebalanceState("finished", 0) if row is None else _RebalanceState(row["state"], row["moved"])


class _RebalanceState(NamedTuple):
    name: str
    moved: int


@asynccontextmanager
async def worker_nodes(dsn: str) -> AsyncIterator[WorkerNodes]:
    """Yield the workers of a database. Raises `WorkerChangeFailed` without workers, or if a change is refused."""
    try:
        connection = await asyncpg.connect(dsn, timeout=_CONNECT_S, statement_cache_size=0)
    except (OSError, asyncpg.PostgresError) as error:
        raise WorkerChangeFailed(f"the database did not answer: {error}") from error
    try:
        if not await connection.fetchval(statement("has_workers")):
            raise WorkerChangeFailed(
                "this database has no workers, because it is no coordinator of Citus: name the coordinator in "
                "LEADERFORGE_POSTGRES_DSN, or move the store to Citus by `leaderforge copy-store` (docs/deploy.md)"
            )
        yield WorkerNodes(connection)
    except asyncpg.PostgresError as error:
        # Include the server's message, because the operator needs it and finds it only in the output of this command.
        raise WorkerChangeFailed(f"the database refused the change: {error}") from error
    finally:
        await connection.close(timeout=_CONNECT_S)


def _parsed(address: str) -> tuple[str, int]:
    try:
        return host_and_port(address)
    except ValueError as error:
        raise WorkerChangeFailed(f"{address!r} is not the address of a worker: {error}") from None
