"""In-memory key store."""

from collections.abc import Sequence
from dataclasses import replace

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.domain.api_keys import ApiKey, ReplacedDigest
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import KeyNameTaken, KeyNotFound, KeyRevoked, StoreUnavailable
from leaderforge.domain.permissions import Role


class MemoryKeyStore:
    """`KeyStore` in a dict. While `available` is false, every call raises `StoreUnavailable`."""

    def __init__(self, audit: MemoryAuditLog) -> None:
        self.available = True
        self._audit = audit
        self._keys: dict[str, ApiKey] = {}

    async def create(self, key: ApiKey, act: AuditEntry) -> None:
        self._require_available()
        if key.name in self._keys:
            raise KeyNameTaken(f"there is a key {key.name!r} already", name=key.name)
        self._put(key, act)

    async def keys(self) -> Sequence[ApiKey]:
        self._require_available()
        return [key for _, key in sorted(self._keys.items())]

    async def valid(self, now: int) -> Sequence[ApiKey]:
        return [key.at(now) for key in await self.keys() if key.revoked_at is None]

    async def rotate(self, name: str, digest: bytes, replaced_until: int, act: AuditEntry) -> ApiKey:
        key = self._existing(name)
        if key.revoked_at is not None:
            raise KeyRevoked.of(name)
        replaced = ReplacedDigest(key.digest, replaced_until)
        return self._put(replace(key, digest=digest, rotated_at=act.at, replaced=replaced), act)

    async def change_role(self, name: str, role: Role, act: AuditEntry) -> ApiKey:
        key = self._existing(name)
        if key.with_role(role) == key:
            return key
        return self._put(key.with_role(role), act.with_details(was=key.role))

    async def revoke(self, name: str, act: AuditEntry) -> ApiKey:
        key = self._existing(name)
        if key.revoked_at is not None:
            return key
        return self._put(replace(key, revoked_at=act.at, replaced=None), act)

    def _put(self, key: ApiKey, act: AuditEntry) -> ApiKey:
        self._keys[key.name] = key
        if key.person is not None:
            self._audit.people[f"key:{key.name}"] = key.person
        self._audit.write(act)
        return key

    def _existing(self, name: str) -> ApiKey:
        self._require_available()
        if name not in self._keys:
            raise KeyNotFound.of(name)
        return self._keys[name]

    def _require_available(self) -> None:
        if not self.available:
            raise StoreUnavailable("the store is unavailable")
