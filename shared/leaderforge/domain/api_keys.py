"""API keys that the store knows."""

import re
import secrets
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Self

from leaderforge.domain.callers import Caller, Kind, Scope
from leaderforge.domain.errors import Refused

PREFIX = "lf_"
"""What every key made here begins with, so that people and secret scanners recognise one."""

MAX_OVERLAP_S = 30 * 86_400
"""How long a key may go on being valid after it was replaced."""

_SECRET_BYTES = 24
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class Replaced:
    """The digest of a key that was replaced, and when it ends to be valid."""

    digest: bytes
    until: int


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key, of which only the SHA-256 digest is known. Its name is its own for ever, also after it was revoked."""

    name: str
    scopes: frozenset[Scope]
    digest: bytes
    created_at: int
    created_by: str
    rotated_at: int | None = None
    revoked_at: int | None = None
    replaced: Replaced | None = None

    @property
    def caller(self) -> Caller:
        """Who asks with this key."""
        return Caller(Kind.KEY, self.name, self.scopes)

    def at(self, now: int) -> Self:
        """Return the key without what it replaced once that has ended."""
        return replace(self, replaced=None) if self.replaced is not None and self.replaced.until <= now else self


def new_key() -> str:
    """Return the text of a new key: 192 random bits."""
    return PREFIX + secrets.token_hex(_SECRET_BYTES)


def digest_of(key: str) -> bytes:
    """Return what is stored of a key. It has entropy enough to need neither salt nor a slow hash."""
    return sha256(key.encode(errors="surrogateescape")).digest()


def key_name(text: str) -> str:
    """Return the text if it can name a key. Raises `Refused`."""
    if not _NAME.fullmatch(text):
        raise Refused("a key's name has 1 to 64 of a-z, 0-9, _ and -, and begins with a letter or a digit")
    return text
