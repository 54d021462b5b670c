"""Audit log in PostgreSQL."""

import json
from collections.abc import Collection, Mapping, Sequence

from leaderforge.adapters.postgres.pool import Connection, Pool, Record
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.audit import Audited, AuditEntry, AuditFilter

_END = (2**63 - 1, 2**63 - 1)
"""Time (ms) and id above all stored entries. A listing from here starts with the latest entry."""


async def write_audit(connection: Connection, entry: AuditEntry) -> None:
    """Write an audit entry in the transaction of the change. The entry and the change commit together."""
    await connection.execute(
        statement("write_audit"),
        entry.at,
        entry.actor,
        entry.action,
        entry.board,
        entry.user_id,
        entry.reason,
        json.dumps(entry.details),
    )


class PostgresAuditLog:
    """`AuditLog` on PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def record(self, entry: AuditEntry) -> None:
        await self._pool.transact(lambda connection: write_audit(connection, entry))

    async def entries(
        self, criteria: AuditFilter, limit: int, before: tuple[int, int] | None = None
    ) -> Sequence[Audited]:
        at, audit_id = before or _END
        values = criteria.board, criteria.user_id, criteria.action, criteria.actor
        rows = await self._pool.fetch(statement("audit"), *values, at, audit_id, limit)
        return [_audited_from_row(row) for row in rows]

    async def latest(self, actors: Collection[str]) -> Mapping[str, int]:
        return {row["actor"]: row["at"] for row in await self._pool.fetch(statement("latest_acts"), list(actors))}


def _audited_from_row(row: Record) -> Audited:
    entry = AuditEntry(
        at=row["at"],
        actor=row["actor"],
        action=row["action"],
        board=row["board"],
        user_id=row["user_id"],
        reason=row["reason"],
        details=json.loads(row["details"]),
    )
    return Audited(row["audit_id"], entry, row["person"])
