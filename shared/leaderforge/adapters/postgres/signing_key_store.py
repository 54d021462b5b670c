"""Signing keys in PostgreSQL."""

from collections.abc import Sequence

from leaderforge.adapters.postgres.audit import write_audit
from leaderforge.adapters.postgres.pool import Connection, Pool, Record
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import SigningKeyNotFound
from leaderforge.domain.presence import required_first
from leaderforge.domain.signing_keys import SigningKey


class PostgresSigningKeyStore:
    """`SigningKeyStore` on PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def create(self, key: SigningKey, act: AuditEntry) -> None:
        async def work(connection: Connection) -> None:
            await connection.execute(statement("create_signing_key"), key.kid, key.created_at, key.created_by)
            await write_audit(connection, act)

        await self._pool.transact(work)

    async def keys(self) -> Sequence[SigningKey]:
        return [_signing_key(row) for row in await self._pool.fetch(statement("signing_keys"))]

    async def retire(self, kid: str, accepted_until: int, act: AuditEntry) -> SigningKey:
        async def work(connection: Connection) -> SigningKey:
            rows = await connection.fetch(statement("retire_signing_key"), kid, act.at, accepted_until)
            key = _signing_key(required_first(rows, SigningKeyNotFound.of(kid)))
            await write_audit(connection, act)
            return key

        return await self._pool.transact(work)


def _signing_key(row: Record) -> SigningKey:
    return SigningKey(row["kid"], row["created_at"], row["created_by"], row["retired_at"], row["accepted_until"])
