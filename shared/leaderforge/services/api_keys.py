"""API keys: creation, rotation and revocation."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from leaderforge.domain.api_keys import MAX_OVERLAP_S, ApiKey, digest_of, key_name, new_key, person_name
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import Refused
from leaderforge.domain.permissions import KeyScope, Role, scopes_of
from leaderforge.ports.access import KeyStore
from leaderforge.ports.clock import Clock


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """New API key with its text. The text is not stored and cannot be shown again."""

    key: ApiKey
    text: str


class KeyService:
    """Management of the API keys in the store. `actor` is the caller's name in the audit log."""

    def __init__(self, keys: KeyStore, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    async def create(self, name: str, scopes: Collection[KeyScope], actor: str) -> IssuedKey:
        """Create a key of a program. Raises `KeyNameTaken`, and `Refused` for an invalid name or without scopes."""
        if not scopes:
            raise Refused("a key needs at least one scope (read, submit, set or admin) or a role")
        text = new_key()
        key = ApiKey(key_name(name), frozenset(scopes), digest_of(text), self._clock(), actor)
        await self._keys.create(key, self._audit_entry(actor, "key.create", name, scopes=sorted(scopes)))
        return IssuedKey(key, text)

    async def create_personal(self, name: str, role: Role, person: str, actor: str) -> IssuedKey:
        """Create a key of a person. Raises `KeyNameTaken`, and `Refused` for an invalid name of the key or person."""
        text = new_key()
        key = ApiKey(
            key_name(name),
            scopes_of(role),
            digest_of(text),
            self._clock(),
            actor,
            role=role,
            person=person_name(person),
        )
        await self._keys.create(key, self._audit_entry(actor, "key.create", name, role=role))
        return IssuedKey(key, text)

    async def all(self) -> Sequence[ApiKey]:
        """Return all keys, by name, including revoked keys."""
        return await self._keys.keys()

    async def rotate(self, name: str, overlap_s: int, actor: str) -> IssuedKey:
        """Replace the text of a key, and return the key. The old text stays valid for `overlap_s` seconds.

        Raises `KeyNotFound`, `KeyRevoked`, and `Refused` if the overlap is out of range.
        """
        if not 0 <= overlap_s <= MAX_OVERLAP_S:
            raise Refused(f"the overlap must be 0 to {MAX_OVERLAP_S} s, not {overlap_s}")
        text = new_key()
        entry = self._audit_entry(actor, "key.rotate", name, overlap_s=overlap_s)
        key = await self._keys.rotate(name, digest_of(text), entry.at + overlap_s * 1000, entry)
        return IssuedKey(key, text)

    async def revoke(self, name: str, actor: str) -> ApiKey:
        """Revoke a key permanently. Raises `KeyNotFound`."""
        return await self._keys.revoke(name, self._audit_entry(actor, "key.revoke", name))

    def _audit_entry(self, actor: str, action: str, name: str, **details: object) -> AuditEntry:
        return AuditEntry(self._clock(), actor, action, details={"key": name, **details})
