"""Migration of the database schema to this version."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import cache
from importlib.resources import files

import asyncpg

from leaderforge.adapters.postgres.errors import DRIVER_ERRORS, translated
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.errors import LeaderForgeError, StoreUnavailable

_LOCK = 0x6C656164_666F7267  # the bytes of "leadforg"
"""Key of the advisory lock that serialises the migrators of a database."""

_LOCK_WAIT_MS = 1500
"""Limit of the wait for a lock on a table, in ms.

Statements of clients queue behind this wait, and fail after 5 s. Two waits of a migration must fit into these 5 s.
Autovacuum releases its lock only after 1 s. With a shorter limit, a migration could never lock a table under vacuum.
"""
_PAUSE_S = 1.0
"""Pause in s before a migration waits for its locks again. Queued statements of clients run in this time."""
_LOCKED = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)


class SchemaTooNew(LeaderForgeError):
    """Error for a database that has migrations of a newer version."""

    code = "schema_too_new"


@cache
def migrations() -> Mapping[int, str]:
    """Return the file names of all migrations, by number."""
    names = (entry.name for entry in files(__package__).joinpath("migrations").iterdir())
    return {int(name[:4]): name for name in sorted(names) if name.endswith(".sql")}


def commands(script: str) -> Iterator[str]:
    """Yield the statements of a script, without comment lines.

    Each statement must end at the end of a line. `$$` encloses nested statements. Raises `ValueError` if the last
    statement has no end.
    """
    lines: list[str] = []
    for line in script.splitlines():
        if line.startswith("--"):
            continue
        lines.append(line)
        text = "\n".join(lines)
        if line.endswith(";") and text.count("$$") % 2 == 0:
            yield text.strip()
            lines = []
    if "".join(lines).strip():
        raise ValueError("the script's last statement has no end")


async def migrate(
    dsn: str, *, timeout_s: float = 300.0, connect_timeout_s: float = 10.0, last: int | None = None
) -> Sequence[str]:
    """Apply the missing migrations up to the number `last`, each in its own transaction, and return their names.

    Concurrent calls are safe. A call after an interrupted call is safe. Clients continue to work, because a migration
    that cannot get all its locks soon releases them and retries.

    Raises `SchemaTooNew` if the database has migrations of a newer version. Raises `StoreUnavailable` if the database
    is unreachable, or if a statement or the wait for locks takes longer than `timeout_s` seconds.
    """
    numbers = [number for number in migrations() if last is None or number <= last]
    try:
        connection = await asyncpg.connect(
            dsn, timeout=connect_timeout_s, command_timeout=timeout_s, statement_cache_size=0
        )
        try:
            return [name for number in numbers if (name := await _apply_patiently(connection, number, timeout_s))]
        finally:
            await connection.close(timeout=connect_timeout_s)
    except DRIVER_ERRORS as error:
        raise translated(error) from error


async def _apply_patiently(
    connection: "asyncpg.Connection[asyncpg.Record]", number: int, timeout_s: float
) -> str | None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout_s
    while True:
        try:
            return await _apply(connection, number)
        except _LOCKED as error:
            if loop.time() > deadline:
                raise _blocked(number) from error
        await asyncio.sleep(_PAUSE_S)


def _blocked(number: int) -> StoreUnavailable:
    return StoreUnavailable(
        f"migration {migrations()[number]} waits for a transaction that uses the same tables, such as an export or a"
        " backup: let it end, or end it (pg_stat_activity lists it), and run `leaderforge migrate` again"
    )


async def _applied(connection: "asyncpg.Connection[asyncpg.Record]") -> Set[int]:
    """Return the numbers of the applied migrations. Raises `SchemaTooNew`."""
    await connection.execute(statement("create_schema_migrations"))
    applied = {row["version"] for row in await connection.fetch(statement("schema_migrations"))}
    _require_known(applied)
    return applied


async def _apply(connection: "asyncpg.Connection[asyncpg.Record]", number: int) -> str | None:
    async with connection.transaction():
        await connection.execute(f"set local lock_timeout = {_LOCK_WAIT_MS}")
        await connection.execute("select pg_advisory_xact_lock($1)", _LOCK)
        if number in await _applied(connection):
            return None
        name = migrations()[number]
        # Send one statement per round trip. If several statements share a request, Citus may forward all of them to its
        # workers although it must forward only one.
        for command in commands(files(__package__).joinpath("migrations", name).read_text()):
            await connection.execute(command)
        await connection.execute(statement("schema_migrated"), number, name)
        return name


def _require_known(applied: set[int]) -> None:
    unknown = applied - migrations().keys()
    if unknown:
        raise SchemaTooNew(
            f"the database has migration {max(unknown)}, this version knows only up to {max(migrations())}:"
            " run a newer version",
            database=max(unknown),
            known=max(migrations()),
        )
