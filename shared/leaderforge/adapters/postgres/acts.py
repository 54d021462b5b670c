"""What changes players otherwise than by an event, in transactions that leave a note of it."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar

from leaderforge.adapters.postgres.audit import write_audit
from leaderforge.adapters.postgres.pool import Connection, Pool, Record
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import PlayerNotFound
from leaderforge.domain.timing import COMMIT_LIMIT_MS
from leaderforge.ports.clock import Clock

T = TypeVar("T")

Work: TypeAlias = Callable[[Connection, int], Awaitable[T]]
"""What is done at a time in microseconds, which is the least revision of what it changes."""


class Acts:
    """Does acts, each noted in the audit log and, for the repair scan, in `touches`. `clock` is in microseconds."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._timeout_s = min(pool.timeout_s, COMMIT_LIMIT_MS / 1000)

    async def do(self, user_id: int, work: Work[T], told: Callable[[T], AuditEntry]) -> T:
        """Do something to a player and return what the work returned; `told` is what the audit log is told of that."""

        async def act(connection: Connection) -> T:
            now = self._clock()
            result = await work(connection, now)
            await connection.execute(statement("touch"), user_id, now // 1000)
            await write_audit(connection, told(result))
            return result

        return await self._pool.transact(act, self._timeout_s)


async def lock_player(connection: Connection, user_id: int) -> Record:
    """Return a player's row, locked so that no standing of the player begins to be. Raises `PlayerNotFound`."""
    rows = await connection.fetch(statement("lock_player"), user_id)
    if not rows:
        raise PlayerNotFound(f"there is no player {user_id}", user_id=user_id)
    return rows[0]
