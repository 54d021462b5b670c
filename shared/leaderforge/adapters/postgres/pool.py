"""Connections to PostgreSQL, with time limits that also hold for a frozen server."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    nullcontext,
    suppress,
)
from functools import partial
from itertools import count
from random import uniform
from typing import TypeAlias, TypeGuard, TypeVar
from urllib.parse import urlsplit

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from leaderforge.adapters.postgres.errors import DRIVER_ERRORS, Contended, NodeUnavailable, translated
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.ports.tracing import Tracer

T = TypeVar("T")

Record: TypeAlias = asyncpg.Record
Connection: TypeAlias = "PoolConnectionProxy[Record]"
Transacted: TypeAlias = Callable[[Connection], Awaitable[T]]
"""Function that works on a connection. It may run again after a deadlock."""

# No generic plans: they ignore the bound and the board, but the number of rows depends on these two.
SNAPSHOT = """begin isolation level repeatable read, read only;
set local plan_cache_mode = force_custom_plan"""
# No limits between two chunks, because a slow consumer must not lose its stream.
_STREAM = SNAPSHOT + "; set local idle_in_transaction_session_timeout = 0; set local statement_timeout = "

_IDLE_SECONDS = 300
"""Time in s after which an idle connection is closed."""
_PROBE_S = 0.5
"""Time limit of the probe of an idle connection, in s."""
_REPETITIONS = 4
"""Maximum retries of a transaction after deadlocks."""
_UNCOMMITTED = "failed to commit transaction on"
"""Text in the warning of Citus about a node that has not committed."""
# After these errors, no reply is outstanding, therefore the connection can be reused.
_LEAVES_WELL = (asyncpg.PostgresError, LeaderForgeError)


class Pool:
    """Connection pool that connects on first use, on the running event loop.

    `timeout_s` limits every call, including the wait for a connection. `connect_timeout_s` limits each new connection.
    `stream_timeout_s` limits the wait for each chunk of a stream. This limit is long, because Citus collects all rows
    before it sends the first row.

    `settings` are server settings in addition to the time limits. `application` is the name in the server's statistics.
    With `pgbouncer` (transaction mode), no statement stays prepared and no setting is sent.

    A third of the connections is reserved for writes and for calls with `reserved`. On Citus, reads that wait for a
    hanging node could otherwise take all connections, and block submissions to all nodes.

    All calls raise `StoreUnavailable` if the server does not answer in time, and `Rejected` if it refuses the
    statement.
    """

    def __init__(
        self,
        dsn: str,
        *,
        min_size: int = 1,
        max_size: int = 8,
        timeout_s: float = 5.0,
        connect_timeout_s: float = 3.0,
        stream_timeout_s: float = 60.0,
        pgbouncer: bool = False,
        statement_cache_size: int = 256,
        settings: dict[str, str] | None = None,
        application: str = "leaderforge",
        tracer: Tracer | None = None,
    ) -> None:
        self._tracer = tracer
        self._address = urlsplit(dsn).netloc.rpartition("@")[2]
        self._dsn = dsn
        self._application = application
        self._min_size = min_size
        self._max_size = max_size
        self._connect_timeout_s = connect_timeout_s
        self._statement_cache_size = 0 if pgbouncer else statement_cache_size
        self._settings = {} if pgbouncer else _server_settings(timeout_s) | (settings or {})
        self._pool: asyncpg.Pool[Record] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._unreserved = asyncio.Semaphore(0)
        self._stream_timeout_s = stream_timeout_s
        self.timeout_s = timeout_s

    async def open(self) -> None:
        """Open `min_size` connections. This is optional: calls connect on demand."""
        async with self.limit(self.timeout_s):
            pool = await self._open_pool()
            async with AsyncExitStack() as stack:
                for _ in range(self._min_size):
                    await stack.enter_async_context(pool.acquire())

    async def renew(self) -> None:
        """Probe all idle connections, and close connections that do not answer. Later calls reconnect."""
        if self._pool is not None and self._loop is asyncio.get_running_loop():
            await asyncio.gather(*(self._probe() for _ in range(self._pool.get_idle_size())))

    async def _probe(self) -> None:
        with suppress(LeaderForgeError):
            await self.fetch("select 1", timeout_s=_PROBE_S)

    async def close(self) -> None:
        """Close all connections. Busy connections are terminated after `timeout_s` seconds."""
        pool, self._pool = self._pool, None
        if pool is None or self._loop is not asyncio.get_running_loop():
            return
        with suppress(*DRIVER_ERRORS):
            async with asyncio.timeout(self.timeout_s):
                await pool.close()

    @asynccontextmanager
    async def limit(self, seconds: float) -> AsyncIterator[None]:
        """Limit the duration of the block, and translate driver errors."""
        try:
            async with asyncio.timeout(seconds):
                yield
        except DRIVER_ERRORS as error:
            raise translated(error) from error

    @asynccontextmanager
    async def connection(self, timeout_s: float | None = None, *, reserved: bool = False) -> AsyncIterator[Connection]:
        """Acquire a connection for the block. Terminate it after an error that leaves it in an unknown state."""
        async with self.limit(timeout_s or self.timeout_s), self._acquired(reserved=reserved) as connection:
            try:
                yield connection
            except _LEAVES_WELL:
                raise
            except BaseException:
                # Do not cancel the query: a frozen server does not accept the second connection of a cancel request.
                _terminate(connection)
                raise

    @asynccontextmanager
    async def _acquired(self, *, reserved: bool) -> AsyncIterator[Connection]:
        pool = await self._open_pool()
        async with nullcontext() if reserved else self._unreserved:
            connection = await pool.acquire()
            try:
                with self._traced():
                    yield connection
            finally:
                await pool.release(connection)

    def _traced(self) -> AbstractContextManager[None]:
        return nullcontext() if self._tracer is None else self._tracer.exchange("postgresql", self._address)

    @asynccontextmanager
    async def transaction(self, begin: str = "begin", timeout_s: float | None = None) -> AsyncIterator[Connection]:
        """Acquire a connection in a transaction for the block. Commit at the end, roll back on an error."""
        async with self.connection(timeout_s, reserved=True) as connection:
            await connection.execute(begin)
            try:
                yield connection
            except _LEAVES_WELL:
                if not connection.is_closed():
                    await connection.execute("rollback")
                raise
            with _on_all_nodes(connection):
                await connection.execute("commit")

    async def transact(self, work: Transacted[T], timeout_s: float | None = None) -> T:
        """Run the work in a transaction, and return its result. Retry after a deadlock or a serialization failure."""
        begin = _limited_begin(timeout_s) if self._is_shorter(timeout_s) else "begin"
        return await self._retried(partial(self.transaction, begin, timeout_s), work, timeout_s)

    async def autocommit(self, work: Transacted[T], timeout_s: float | None = None) -> T:
        """Run work that writes with a single statement, and return its result. Retry like `transact`.

        Without `begin` and `commit`, the statement commits by itself and saves two round trips. A `timeout_s` below the
        pool's limit needs a transaction, because `begin` also sets this limit in the server.
        """
        if self._is_shorter(timeout_s):
            return await self.transact(work, timeout_s)
        return await self._retried(partial(self.connection, timeout_s, reserved=True), work, timeout_s)

    def _is_shorter(self, timeout_s: float | None) -> TypeGuard[float]:
        """Return whether a limit is below the pool's limit, and must therefore be sent to the server."""
        return timeout_s is not None and timeout_s < self.timeout_s

    async def _retried(
        self, block: Callable[[], AbstractAsyncContextManager[Connection]], work: Transacted[T], timeout_s: float | None
    ) -> T:
        async with self.limit(timeout_s or self.timeout_s):
            for attempt in count():
                try:
                    async with block() as connection:
                        return await work(connection)
                except Contended:
                    if attempt == _REPETITIONS:
                        raise
                await asyncio.sleep(uniform(0, 0.01 * 2**attempt))  # noqa: S311 - jitter, not a secret
        raise AssertionError("unreachable")

    async def fetch(
        self, query: str, *args: object, timeout_s: float | None = None, reserved: bool = False
    ) -> list[Record]:
        """Run one statement outside any explicit transaction, and return its rows."""
        async with self.connection(timeout_s, reserved=reserved) as connection:
            return await connection.fetch(query, *args)

    async def stream(self, query: str, *args: object, chunk: int) -> AsyncGenerator[Sequence[Record], None]:
        """Yield a query's rows in chunks of up to `chunk`, from one snapshot. The total time is unlimited.

        Iterate inside `aclosing`, because the stream occupies a connection of the pool until it ends or is closed.
        """
        async with AsyncExitStack() as stack:
            async with self.limit(self.timeout_s):
                connection = await stack.enter_async_context(self._acquired(reserved=False))
            try:
                async with self.limit(self.timeout_s):
                    await connection.execute(_STREAM + str(int(self._stream_timeout_s * 1000)))
                async with self.limit(self._stream_timeout_s):
                    cursor = await connection.cursor(query, *args)
                while rows := await self._next(cursor, chunk):
                    yield rows
                async with self.limit(self.timeout_s):
                    await connection.execute("commit")
            except BaseException:
                _terminate(connection)
                raise

    async def _next(self, cursor: "asyncpg.cursor.Cursor[Record]", chunk: int) -> list[Record]:
        async with self.limit(self._stream_timeout_s):
            return await cursor.fetch(chunk)

    async def _open_pool(self) -> "asyncpg.Pool[Record]":
        loop = asyncio.get_running_loop()
        if self._pool is None or self._loop is not loop:
            self._abandon()
            self._loop = loop
            self._unreserved = asyncio.Semaphore(self._max_size - self._max_size // 3)
            self._pool = self._create()
            await self._pool
        return self._pool

    def _abandon(self) -> None:
        """Terminate the connections of a previous event loop. This loop may already be closed."""
        if self._pool is not None:
            with suppress(RuntimeError):
                self._pool.terminate()

    def _create(self) -> "asyncpg.Pool[Record]":
        return asyncpg.create_pool(
            self._dsn,
            min_size=0,
            max_size=self._max_size,
            # Never replace a connection after a number of queries: a new connection has no prepared statements.
            max_queries=0xFFFFFFFF,
            max_inactive_connection_lifetime=_IDLE_SECONDS,
            reset=_keep,
            timeout=self._connect_timeout_s,
            statement_cache_size=self._statement_cache_size,
            max_cached_statement_lifetime=0,
            max_cacheable_statement_size=0,
            server_settings={"application_name": self._application} | self._settings,
        )


def _server_settings(timeout_s: float) -> dict[str, str]:
    """Return the server settings. Their time limits make the server end the statements of vanished clients."""
    milliseconds = str(int(timeout_s * 1000))
    return {
        "statement_timeout": milliseconds,
        "lock_timeout": milliseconds,
        "idle_in_transaction_session_timeout": milliseconds,
        # No JIT, because compiling a short statement costs more time than it saves.
        "jit": "off",
    }


def _terminate(connection: Connection) -> None:
    """Close a connection at once. If the server has closed it already, do nothing: the pool has the connection back."""
    with suppress(asyncpg.InterfaceError):
        connection.terminate()


@contextmanager
def _on_all_nodes(connection: Connection) -> Iterator[None]:
    """Raise `NodeUnavailable` if a node of Citus does not commit within the block.

    Citus prepares a transaction on all nodes, commits it on the coordinator, and then on the other nodes. If Citus
    loses a node, Citus only warns. The lost node commits later (`citus.recover_2pc_interval`). Until then, reads lack
    the changes. Therefore the changes must not be acknowledged yet. A retry waits for the locks of the prepared
    transaction.
    """
    warnings: list[str] = []

    def note(_: object, message: "asyncpg.PostgresLogMessage") -> None:
        warnings.append(str(message))

    connection.add_log_listener(note)
    try:
        yield
    finally:
        if not connection.is_closed():
            connection.remove_log_listener(note)
    if any(_UNCOMMITTED in warning for warning in warnings):
        raise NodeUnavailable("a node of the database has not committed yet")


def _limited_begin(timeout_s: float) -> str:
    """Return the SQL that begins a transaction and sets time limits in the server for it."""
    names = ("statement_timeout", "idle_in_transaction_session_timeout")
    return "; ".join(["begin", *(f"set local {name} = {int(timeout_s * 1000)}" for name in names)])


async def _keep(connection: "asyncpg.Connection[Record]") -> None:
    """Skip the reset of a session, which costs a round trip. No reset is needed: no statement changes the session."""
