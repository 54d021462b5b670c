"""Declarations of pending index updates, in PostgreSQL."""

from collections.abc import Collection, Sequence
from uuid import UUID

from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.statements import joined, statement
from leaderforge.domain.timing import DECLARED_READ_MS
from leaderforge.ports.pending import PendingProcess


class PostgresPendingProcesses:
    """`PendingProcesses` on PostgreSQL.

    `read_timeout_s` is the time limit of `declared`. This limit is short, because reads of boards wait for that call.
    """

    def __init__(self, pool: Pool, *, read_timeout_s: float = DECLARED_READ_MS / 1000) -> None:
        self._pool = pool
        self._read_timeout_s = read_timeout_s

    async def declare(self, process_id: UUID) -> None:
        await self._pool.fetch(statement("declare_pending"), process_id)

    async def withdraw(self, process_ids: Collection[UUID], *, older_than_ms: int = 0) -> None:
        if process_ids:
            await self._pool.fetch(statement("withdraw_pending"), joined(process_ids), older_than_ms)

    async def declared(self) -> Sequence[PendingProcess]:
        rows = await self._pool.fetch(statement("declared_pending"), timeout_s=self._read_timeout_s)
        return [PendingProcess(row["process_id"], row["age_ms"]) for row in rows]
