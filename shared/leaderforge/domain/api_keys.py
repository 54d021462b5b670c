"""API keys of the store."""

import re
import secrets
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Self

from leaderforge.domain.callers import Caller, CallerKind
from leaderforge.domain.errors import KeyRevoked, Refused
from leaderforge.domain.permissions import KeyScope, Role, scopes_of

PREFIX = "lf_"
"""Prefix of every generated key. The prefix makes keys recognisable for people and secret scanners."""

MAX_OVERLAP_S = 30 * 86_400
"""Maximum time in s that the previous text of a rotated key may stay valid."""

_SECRET_BYTES = 24
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
MAX_PERSON = 80
"""Maximum length of a person's name, in characters."""


@dataclass(frozen=True, slots=True)
class ReplacedDigest:
    """Digest of the previous text of a key that was rotated. This text stays valid until `until` (ms)."""

    digest: bytes
    until: int


@dataclass(frozen=True, slots=True)
class ApiKey:
    """API key, stored as its SHA-256 digest only. Times are in ms.

    Names are never reused, even after revocation, because audit entries must stay unambiguous. A key of a person has a
    `role`, and `person` is the person's name. `role` and `person` are None for a key of a program.
    """

    name: str
    scopes: frozenset[KeyScope]
    digest: bytes
    created_at: int
    created_by: str
    rotated_at: int | None = None
    revoked_at: int | None = None
    replaced: ReplacedDigest | None = None
    role: Role | None = None
    person: str | None = None

    @property
    def caller(self) -> Caller:
        """Return the caller that this key authenticates."""
        return Caller(CallerKind.KEY, self.name, self.scopes, assigned_role=self.role, person=self.person)

    def with_role(self, role: Role) -> Self:
        """Return the key with another role. Raises `KeyRevoked`, or `Refused` for the key of a program."""
        if self.role is None:
            raise Refused(f"the key {self.name!r} belongs to a program: it has scopes, not a role", name=self.name)
        if self.revoked_at is not None:
            raise KeyRevoked.of(self.name)
        return replace(self, role=role, scopes=scopes_of(role))

    def at(self, now: int) -> Self:
        """Return the key as of `now` (ms): without the digest of its previous text if that text has expired."""
        return replace(self, replaced=None) if self.replaced is not None and self.replaced.until <= now else self


def new_key() -> str:
    """Return the text of a new key: the prefix and 192 random bits in hexadecimal."""
    return PREFIX + secrets.token_hex(_SECRET_BYTES)


def digest_of(key: str) -> bytes:
    """Return the SHA-256 digest of a key's text. The key is random, and needs neither a salt nor a slow hash."""
    # A header may contain bytes that are not UTF-8. Hash them as an unknown key instead of raising an error.
    return sha256(key.encode(errors="surrogateescape")).digest()


def key_name(text: str) -> str:
    """Return the text if it is a valid key name. Raises `Refused` if it is not."""
    if not _NAME.fullmatch(text):
        raise Refused(
            f"{text[:80]!r} is not a key name: use 1 to 64 of a-z, 0-9, '_' and '-', starting with a letter or a digit"
        )
    return text


def person_name(text: str) -> str:
    """Return a person's name without surrounding blanks. Raises `Refused` if it is empty, too long or invisible."""
    name = text.strip()
    if not name or len(name) > MAX_PERSON or not name.isprintable():
        raise Refused(f"{text[:MAX_PERSON]!r} is not a person's name: use 1 to {MAX_PERSON} printable characters")
    return name
