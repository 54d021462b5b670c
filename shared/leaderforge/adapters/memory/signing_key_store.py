"""In-memory store of signing keys."""

from collections.abc import Sequence
from dataclasses import replace

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import SigningKeyNotFound, StoreUnavailable
from leaderforge.domain.signing_keys import SigningKey


class MemorySigningKeyStore:
    """`SigningKeyStore` in a dict. While `available` is false, every call raises `StoreUnavailable`."""

    def __init__(self, audit: MemoryAuditLog) -> None:
        self.available = True
        self._audit = audit
        self._keys: dict[str, SigningKey] = {}

    async def create(self, key: SigningKey, act: AuditEntry) -> None:
        self._require_available()
        self._put(key, act)

    async def keys(self) -> Sequence[SigningKey]:
        self._require_available()
        return sorted(self._keys.values(), key=lambda key: (key.created_at, key.kid))

    async def retire(self, kid: str, accepted_until: int, act: AuditEntry) -> SigningKey:
        self._require_available()
        if kid not in self._keys:
            raise SigningKeyNotFound.of(kid)
        key = self._keys[kid]
        until = accepted_until if key.accepted_until is None else min(key.accepted_until, accepted_until)
        return self._put(replace(key, retired_at=key.retired_at or act.at, accepted_until=until), act)

    def _put(self, key: SigningKey, act: AuditEntry) -> SigningKey:
        self._keys[key.kid] = key
        self._audit.write(act)
        return key

    def _require_available(self) -> None:
        if not self.available:
            raise StoreUnavailable("the store is unavailable")
