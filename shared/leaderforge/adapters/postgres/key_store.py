"""API keys in PostgreSQL."""

from collections.abc import Sequence

from leaderforge.adapters.postgres.audit import write_audit
from leaderforge.adapters.postgres.errors import Contended
from leaderforge.adapters.postgres.pool import Connection, Pool, Record
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.api_keys import ApiKey, ReplacedDigest
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import KeyNameTaken, KeyNotFound, KeyRevoked
from leaderforge.domain.permissions import KeyScope, Role
from leaderforge.domain.presence import required_first


class PostgresKeyStore:
    """`KeyStore` on PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def create(self, key: ApiKey, act: AuditEntry) -> None:
        await self._pool.transact(lambda connection: _create(connection, key, act))

    async def keys(self) -> Sequence[ApiKey]:
        return [_key(row) for row in await self._pool.fetch(statement("keys"))]

    async def valid(self, now: int) -> Sequence[ApiKey]:
        return [_key(row).at(now) for row in await self._pool.fetch(statement("valid_keys"))]

    async def rotate(self, name: str, digest: bytes, replaced_until: int, act: AuditEntry) -> ApiKey:
        return await self._pool.transact(lambda connection: _rotate(connection, name, digest, replaced_until, act))

    async def change_role(self, name: str, role: Role, act: AuditEntry) -> ApiKey:
        return await self._pool.transact(lambda connection: _change_role(connection, name, role, act))

    async def revoke(self, name: str, act: AuditEntry) -> ApiKey:
        return await self._pool.transact(lambda connection: _revoke(connection, name, act))


async def _create(connection: Connection, key: ApiKey, act: AuditEntry) -> None:
    scopes = ",".join(sorted(key.scopes))
    created = await connection.fetch(
        statement("create_key"), key.name, scopes, key.digest, key.created_at, key.created_by, key.role, key.person
    )
    if not created:
        raise KeyNameTaken(f"there is a key {key.name!r} already", name=key.name)
    await write_audit(connection, act)


async def _rotate(connection: Connection, name: str, digest: bytes, replaced_until: int, act: AuditEntry) -> ApiKey:
    rotated = await connection.fetch(statement("rotate_key"), name, digest, act.at, replaced_until)
    if not rotated:
        await _require_revoked(connection, name)
        raise KeyRevoked.of(name)
    await write_audit(connection, act)
    return _key(rotated[0])


async def _change_role(connection: Connection, name: str, role: Role, act: AuditEntry) -> ApiKey:
    key = await _stored(connection, name)
    changed = key.with_role(role)
    if changed == key:
        return key
    scopes = ",".join(sorted(changed.scopes))
    if not await connection.fetch(statement("change_key_role"), name, role, scopes, key.role):
        raise Contended("the key was changed meanwhile")
    await write_audit(connection, act.with_details(was=key.role))
    return changed


async def _revoke(connection: Connection, name: str, act: AuditEntry) -> ApiKey:
    revoked = await connection.fetch(statement("revoke_key"), name, act.at)
    if not revoked:
        return await _require_revoked(connection, name)
    await write_audit(connection, act)
    return _key(revoked[0])


async def _require_revoked(connection: Connection, name: str) -> ApiKey:
    """Return the revoked key with this name, after an update found no valid key to revoke.

    Raises `KeyNotFound`. Raises `Contended`, which makes `transact` retry, if the key was created after the update.
    """
    key = await _stored(connection, name)
    if key.revoked_at is None:
        raise Contended("the key was created meanwhile")
    return key


async def _stored(connection: Connection, name: str) -> ApiKey:
    """Return the key with this name. Raises `KeyNotFound`."""
    return _key(required_first(await connection.fetch(statement("key"), name), KeyNotFound.of(name)))


def _key(row: Record) -> ApiKey:
    until = row["replaced_until"]
    return ApiKey(
        name=row["name"],
        scopes=frozenset(map(KeyScope, row["scopes"].split(","))),
        digest=row["digest"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        rotated_at=row["rotated_at"],
        revoked_at=row["revoked_at"],
        replaced=None if until is None else ReplacedDigest(row["replaced_digest"], until),
        role=None if row["role"] is None else Role(row["role"]),
        person=row["person"],
    )
