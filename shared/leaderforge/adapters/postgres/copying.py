"""Copy of a store to an empty database, for example from PostgreSQL to Citus."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import NamedTuple, TypeAlias

import asyncpg

from leaderforge.adapters.postgres.errors import DRIVER_ERRORS, translated
from leaderforge.adapters.postgres.migrate import migrate, migrations
from leaderforge.adapters.postgres.pipes import Pipe
from leaderforge.adapters.postgres.pool import SNAPSHOT
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.errors import LeaderForgeError, Refused

DirectConnection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
CopyProgress = Callable[[int], object]
"""Callback with the number of bytes that were copied since the last call."""

_CONNECT_S = 10.0


class CopyRefused(Refused):
    """Error for a source and a target that do not allow a copy of the store."""

    code = "copy_refused"


class StoreTable(NamedTuple):
    """Table of a store, with its stored columns."""

    name: str
    columns: Sequence[str]


async def copy_store(source_dsn: str, target_dsn: str, *, freeze: bool, progress: CopyProgress) -> Mapping[str, int]:
    """Copy all boards, players, events, standings, keys and audit entries. Return the number of rows of each table.

    The target must be empty, except for the remains of an interrupted copy, which are replaced. With `freeze`, the
    source stays read-only after a complete copy, because the target would lack later writes. After a failure, the
    source is writable again.

    Raises `CopyRefused`, and `StoreUnavailable` if a database does not answer.
    """
    try:
        await migrate(target_dsn, connect_timeout_s=_CONNECT_S)
        async with AsyncExitStack() as stack:
            source = await stack.enter_async_context(_connected(source_dsn))
            target = await stack.enter_async_context(_connected(target_dsn))
            tables = await _matching_tables(source, target)
            await _prepare(source, target, tables)
            if freeze:
                await stack.enter_async_context(_frozen(source_dsn, source))
            counts = await _copy(source, target, tables, progress)
            await target.execute("drop table store_copies")
            return counts
    except DRIVER_ERRORS as error:
        raise translated(error) from error


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[DirectConnection]:
    connection = await asyncpg.connect(dsn, timeout=_CONNECT_S, statement_cache_size=0)
    try:
        # A source stays read-only if a copy was killed. Without this setting, no later copy could change the database.
        await connection.execute("set default_transaction_read_only = off")
        yield connection
    finally:
        with suppress(*DRIVER_ERRORS):
            await connection.close(timeout=_CONNECT_S)


async def _matching_tables(source: DirectConnection, target: DirectConnection) -> Sequence[StoreTable]:
    """Return the tables, in an order that foreign keys allow. Raises `CopyRefused` if the schemas differ."""
    versions = {row["version"] for row in await source.fetch(statement("schema_migrations"))}
    if versions != migrations().keys():
        raise CopyRefused("the source has another schema than this version; run `leaderforge migrate` there first")
    tables = [StoreTable(row["name"], row["columns"]) for row in await source.fetch(statement("store_tables"))]
    stored = {row["name"]: set(row["columns"]) for row in await target.fetch(statement("store_tables"))}
    unknown = [table.name for table in tables if stored.get(table.name) != set(table.columns)]
    if unknown:
        raise CopyRefused(f"the target lacks a table of the source, or columns of it: {', '.join(unknown)}")
    return tables


async def _prepare(source: DirectConnection, target: DirectConnection, tables: Sequence[StoreTable]) -> None:
    """Empty the target after an interrupted copy. Raises `CopyRefused` if the target has data of its own."""
    if not await target.fetchval("select to_regclass('store_copies') is not null"):
        used = [table.name for table in tables if table.name != "boards" and await _has_rows(target, table)]
        if used or await target.fetchval("select exists (select 1 from boards offset 1)"):
            raise CopyRefused(f"the target is not empty: it has rows in {', '.join(used) or 'boards'}")
        # The table marks an unfinished copy. A later call may therefore delete the rows that this call copies.
        await target.execute("create table store_copies ()")
    if await source.fetchval("select to_regclass('store_copies') is not null"):
        await target.execute("drop table store_copies")
        raise CopyRefused("source and target are the same database, or the source is an unfinished copy")
    for table in reversed(tables):
        await target.execute(f"truncate {_quoted(table.name)} cascade")


async def _has_rows(connection: DirectConnection, table: StoreTable) -> bool:
    return bool(await connection.fetchval(f"select exists (select 1 from {_quoted(table.name)})"))  # noqa: S608 - a quoted name


@asynccontextmanager
async def _frozen(dsn: str, connection: DirectConnection) -> AsyncIterator[None]:
    """Make the source read-only and end its writing sessions. If the block fails, make it writable again."""
    database = _quoted(await connection.fetchval("select current_database()"))
    try:
        await connection.execute(f"alter database {database} set default_transaction_read_only = on")
    except asyncpg.InsufficientPrivilegeError:
        raise CopyRefused(
            "the source cannot be made read-only, because its user does not own the database: stop all processes that "
            "write to it, and copy with --no-freeze"
        ) from None
    try:
        # A session that started before this change keeps the old default, and can still write. End these sessions.
        if await connection.fetchval(statement("end_sessions_of_database")):
            raise CopyRefused("a session of the source did not end; end it (pg_stat_activity lists it), and copy again")
        yield
    except BaseException:
        async with _connected(dsn) as writer:
            await writer.execute(f"alter database {database} reset default_transaction_read_only")
        raise


async def _copy(
    source: DirectConnection, target: DirectConnection, tables: Sequence[StoreTable], progress: CopyProgress
) -> Mapping[str, int]:
    """Copy all tables from one snapshot of the source, and set the sequences of the target."""
    counts: dict[str, int] = {}
    await source.execute(SNAPSHOT)
    for table in tables:
        counts[table.name] = await _copy_table(source, target, table, progress)
        stored = await target.fetchval(f"select count(*) from {_quoted(table.name)}")  # noqa: S608 - a quoted name
        if stored != counts[table.name]:
            raise LeaderForgeError(f"table {table.name} has {counts[table.name]} rows, but {stored} arrived")
    await _set_sequences(source, target)
    await source.execute("rollback")
    return counts


async def _copy_table(
    source: DirectConnection, target: DirectConnection, table: StoreTable, progress: CopyProgress
) -> int:
    """Copy one table and return the number of its rows in the source."""
    async with Pipe(progress) as pipe:
        sent = pipe.filled_by(
            source.copy_from_table(table.name, columns=table.columns, output=pipe.write, format="binary")
        )
        await target.copy_to_table(table.name, columns=table.columns, source=pipe, format="binary")
        return int((await sent).removeprefix("COPY "))


async def _set_sequences(source: DirectConnection, target: DirectConnection) -> None:
    sequences = {
        (row["name"], row["column"]): row["sequence"] for row in await source.fetch(statement("store_sequences"))
    }
    for row in await target.fetch(statement("store_sequences")):
        last = await source.fetchval(f"select last_value from {sequences[row['name'], row['column']]}")  # noqa: S608 - from the catalog
        await target.execute(statement("set_sequence"), row["sequence"], last)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
