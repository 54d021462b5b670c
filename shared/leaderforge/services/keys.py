"""API keys: made, replaced and revoked."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from leaderforge.domain.api_keys import MAX_OVERLAP_S, ApiKey, digest_of, key_name, new_key
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.callers import Scope
from leaderforge.domain.errors import Refused
from leaderforge.ports import Clock, KeyStore


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key and its text, which nobody can be told again."""

    key: ApiKey
    text: str


class KeyService:
    """Looks after the keys in the store. `actor` is who does it, for the audit log."""

    def __init__(self, keys: KeyStore, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    async def create(self, name: str, scopes: Collection[Scope], actor: str) -> IssuedKey:
        """Make a key. Raises `KeyNameTaken`, and `Refused` for a bad name or no scopes."""
        if not scopes:
            raise Refused("a key needs at least one scope: read, submit or admin")
        text = new_key()
        key = ApiKey(key_name(name), frozenset(scopes), digest_of(text), self._clock(), actor)
        await self._keys.create(key, self._act(actor, "key.create", name, scopes=sorted(scopes)))
        return IssuedKey(key, text)

    async def all(self) -> Sequence[ApiKey]:
        """Return all keys, by name, the revoked ones too."""
        return await self._keys.keys()

    async def rotate(self, name: str, overlap_s: int, actor: str) -> IssuedKey:
        """Replace a key's text; the old one stays valid for `overlap_s` more. Raises `KeyNotFound`, `KeyRevoked`."""
        if not 0 <= overlap_s <= MAX_OVERLAP_S:
            raise Refused(f"the overlap must be 0 to {MAX_OVERLAP_S} s")
        text = new_key()
        act = self._act(actor, "key.rotate", name, overlap_s=overlap_s)
        key = await self._keys.rotate(name, digest_of(text), act.at + overlap_s * 1000, act)
        return IssuedKey(key, text)

    async def revoke(self, name: str, actor: str) -> ApiKey:
        """Make a key invalid, for ever. Raises `KeyNotFound`."""
        return await self._keys.revoke(name, self._act(actor, "key.revoke", name))

    def _act(self, actor: str, action: str, name: str, **details: object) -> AuditEntry:
        return AuditEntry(self._clock(), actor, action, details={"key": name, **details})
