"""Trigram indexes for search inside usernames. They are optional, because they slow down the creation of players."""

from importlib.resources import files
from time import monotonic

import asyncpg

from leaderforge.adapters.postgres.errors import DRIVER_ERRORS, translated
from leaderforge.adapters.postgres.migrate import commands
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.errors import LeaderForgeError, Overloaded

_LOCK = 0x6E616D65_696E6478  # the bytes of "nameindx"
"""Key of the advisory lock that only one builder of the indexes holds."""
_CHECKED_S = 10.0
"""TTL, in s, of the cached result whether the indexes exist."""
_CONNECT_S = 10.0


class NameSearch:
    """Cached result whether a database has the trigram indexes, at most 10 s old."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._is_enabled = False
        self._checked_at = -_CHECKED_S

    async def is_enabled(self) -> bool:
        """Return whether both indexes exist and are complete."""
        if monotonic() - self._checked_at >= _CHECKED_S:
            [[self._is_enabled]] = await self._pool.fetch(statement("name_search_enabled"))
            self._checked_at = monotonic()
        return self._is_enabled


async def enable_name_search(dsn: str) -> bool:
    """Build the missing indexes without blocking readers or writers. Return False if no index was missing.

    A call after an interrupted call is safe. Raises `LeaderForgeError` if the database cannot have the indexes,
    `Overloaded` if another call runs.
    """
    return await _run(dsn, "enable", unless=True)


async def disable_name_search(dsn: str) -> bool:
    """Drop the indexes without blocking readers or writers. Return False if there were no indexes."""
    return await _run(dsn, "disable", unless=False)


async def _run(dsn: str, script: str, *, unless: bool) -> bool:
    """Run the statements of a script, one transaction each. Return whether they were run.

    `unless` is the state that the script produces (enabled or not). In this state, there is nothing to run.
    """
    try:
        connection = await asyncpg.connect(dsn, timeout=_CONNECT_S, statement_cache_size=0)
        try:
            # Do not wait for the lock. The wait would hold a snapshot, and the build that holds the lock waits for the
            # end of older snapshots.
            if not await connection.fetchval("select pg_try_advisory_lock($1)", _LOCK):
                raise Overloaded("another command changes the search of names; retry when it has finished")
            return await _apply(connection, script, unless=unless)
        finally:
            await connection.close(timeout=_CONNECT_S)
    except asyncpg.InsufficientPrivilegeError:
        raise LeaderForgeError(
            "this role may not create the extension pg_trgm: run `create extension pg_trgm` as an administrator of the "
            "database, then retry"
        ) from None
    except DRIVER_ERRORS as error:
        raise translated(error) from error


async def _apply(connection: "asyncpg.Connection[asyncpg.Record]", script: str, *, unless: bool) -> bool:
    if await connection.fetchval(statement("name_search_enabled")) is unless:
        return False
    if not await connection.fetchval(statement("trigrams_available")):
        raise LeaderForgeError("the database server has no extension pg_trgm: install PostgreSQL's contrib package")
    for command in commands(files(__package__).joinpath("name_search", f"{script}.sql").read_text()):
        await connection.execute(command)
    return True
