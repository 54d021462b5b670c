"""Pool of database connections that lets a test act between two statements."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

from leaderforge.adapters.postgres.pool import Connection, Pool
from tests.contract.store_fixtures import Database, on_pool

Interruption = Callable[[], Awaitable[object]]


class InterruptedPool(Pool):
    """Pool that runs an interruption before a statement that contains a given text."""

    interruptions: dict[str, list[Interruption]]

    def before(self, text: str, *interruptions: Interruption) -> None:
        """Run the interruptions in order, each before one of the next statements that contain `text`."""
        self.interruptions[text] = list(interruptions)

    @asynccontextmanager
    async def connection(self, timeout_s: float | None = None, *, reserved: bool = False) -> AsyncIterator[Connection]:
        async with super().connection(timeout_s, reserved=reserved) as connection:
            yield cast(Connection, _Interrupted(connection, self.interruptions))


class _Interrupted:
    """Connection that runs interruptions before its statements."""

    def __init__(self, connection: Connection, interruptions: dict[str, list[Interruption]]) -> None:
        self._connection = connection
        self._interruptions = interruptions

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def fetch(self, query: str, *args: object) -> Any:
        await self._interrupt(query)
        return await self._connection.fetch(query, *args)

    async def execute(self, query: str, *args: object) -> Any:
        await self._interrupt(query)
        return await self._connection.execute(query, *args)

    async def _interrupt(self, query: str) -> None:
        for text, interruptions in self._interruptions.items():
            if text in query and interruptions:
                await interruptions.pop(0)()


@asynccontextmanager
async def interrupted(database: Database) -> AsyncIterator[tuple[Database, InterruptedPool]]:
    """Yield stores on a new, interrupted pool, and this pool. The interruptions use the pool of `database`."""
    pool = InterruptedPool(database.dsn, timeout_s=30.0)
    pool.interruptions = {}
    yield on_pool(pool, database.dsn, record_timeout_s=30), pool
    assert not any(pool.interruptions.values()), "a statement never came"
    await pool.close()
