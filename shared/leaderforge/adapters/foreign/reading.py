"""Reading of a PostgreSQL database of another service, in one snapshot."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import TypeAlias

import asyncpg

from leaderforge.domain.errors import Refused
from leaderforge.imports.foreign.boards import without_password

_TIMEOUT_S = 30
_PREFETCHED = 5000
"""Rows per round trip of a cursor."""

ForeignRecord: TypeAlias = asyncpg.Record


class ForeignDatabase:
    """Open read-only transaction. All statements see the same data."""

    def __init__(self, connection: "asyncpg.Connection[ForeignRecord]", address: str) -> None:
        self._connection = connection
        self.address = address

    async def row(self, name: str, *arguments: object) -> ForeignRecord | None:
        """Return the first row of a statement of queries/."""
        return await self._connection.fetchrow(_query(name), *arguments)

    async def rows(self, name: str, *arguments: object) -> AsyncIterator[ForeignRecord]:
        """Yield the rows of a statement of queries/. A cursor loads `_PREFETCHED` rows at a time."""
        async for record in self._connection.cursor(_query(name), *arguments, prefetch=_PREFETCHED):
            yield record


@asynccontextmanager
async def opened_foreign_database(dsn: str) -> AsyncIterator[ForeignDatabase]:
    """Yield the database with this DSN in a read-only transaction. Raises `Refused`; its text omits the password."""
    address = without_password(dsn)
    connection = await _connected(dsn, address)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield ForeignDatabase(connection, address)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError) as error:
        raise _unreadable(address, error) from None
    finally:
        await connection.close()


async def _connected(dsn: str, address: str) -> "asyncpg.Connection[ForeignRecord]":
    """Return a connection. `address` is the DSN without its password. Raises `Refused`."""
    try:
        return await asyncpg.connect(
            dsn,
            timeout=_TIMEOUT_S,
            server_settings={"application_name": "leaderforge import", "default_transaction_read_only": "on"},
        )
    except (ValueError, asyncpg.InterfaceError):
        # Do not pass on the driver's message, which may contain the DSN with the password.
        raise Refused(
            f"{address} cannot be read: write postgresql://user:password@host:port/database, and special characters of "
            "the password as %XX"
        ) from None
    except (OSError, asyncpg.PostgresError) as error:
        raise _unreadable(address, error) from None


def _unreadable(address: str, error: Exception) -> Refused:
    return Refused(f"{address} cannot be read: {str(error) or type(error).__name__}")


@cache
def _query(name: str) -> str:
    return files(__package__).joinpath("queries", f"{name}.sql").read_text()


def time_text_of(moment: datetime | None) -> str | None:
    """Return a time as ISO 8601 with ms, without an offset if the column has none."""
    return None if moment is None else moment.isoformat(timespec="milliseconds")
