"""Transactions that change a player without an event, with an audit entry and, for reconcile, a `touches` row."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar

from leaderforge.adapters.postgres.audit import write_audit
from leaderforge.adapters.postgres.past_rows import keep_past_of_player
from leaderforge.adapters.postgres.pool import Connection, Pool, Record
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import PlayerNotFound
from leaderforge.domain.presence import required_first
from leaderforge.domain.timing import commit_limit_s
from leaderforge.ports.clock import Clock

T = TypeVar("T")

Work: TypeAlias = Callable[[Connection, int], Awaitable[T]]
"""Function that makes a change in a transaction.

Its second argument is the time (us since 1970), the lower bound of new revisions.
"""


class Acts:
    """Runner of transactions that change a player.

    Each transaction writes an audit entry and, for reconcile, a row of `touches`.

    `clock` is in microseconds. A change commits within `timeout_s` seconds or fails. The limit must not exceed
    `COMMIT_LIMIT_MS`: reconcile would miss changes that commit later.
    """

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self.timeout_s = commit_limit_s(pool.timeout_s)

    async def do(self, user_id: int, work: Work[T], entry_of: Callable[[T], AuditEntry]) -> T:
        """Run the work in a transaction, and return its result.

        `entry_of` converts the result to the audit entry. The work runs again after a deadlock.
        """

        async def act(connection: Connection) -> T:
            now = self._clock()
            result = await work(connection, now)
            await keep_past_of_player(connection, user_id)
            await connection.execute(statement("touch"), user_id, now // 1000)
            await write_audit(connection, entry_of(result))
            return result

        return await self._pool.transact(act, self.timeout_s)


async def lock_player(connection: Connection, user_id: int) -> Record:
    """Lock a player's row against new standings, and return the row. Raises `PlayerNotFound`."""
    return required_first(await connection.fetch(statement("lock_player"), user_id), PlayerNotFound.of(user_id))
