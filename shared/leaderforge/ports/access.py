"""API keys, audit log, player tokens and rate limits."""

from collections.abc import Sequence
from typing import Protocol

from leaderforge.domain.api_keys import ApiKey
from leaderforge.domain.audit import Audited, AuditEntry, AuditFilter
from leaderforge.domain.callers import Caller
from leaderforge.domain.rates import Allowance, RateLimit


class KeyStore(Protocol):
    """The API keys. Each change is written to the audit log in the same transaction."""

    async def create(self, key: ApiKey, act: AuditEntry) -> None:
        """Create a key. Raises `KeyNameTaken`; names of revoked keys stay taken."""
        ...

    async def keys(self) -> Sequence[ApiKey]:
        """Return all keys, by name, the revoked ones too."""
        ...

    async def valid(self, now: int) -> Sequence[ApiKey]:
        """Return the keys that are not revoked; their `replaced` is None once that has ended."""
        ...

    async def rotate(self, name: str, digest: bytes, replaced_until: int, act: AuditEntry) -> ApiKey:
        """Give a key another digest; the one it had stays valid until then. One replaced before that ends now.

        Raises `KeyNotFound`, and `KeyRevoked` where it is.
        """
        ...

    async def revoke(self, name: str, act: AuditEntry) -> ApiKey:
        """Make a key invalid at the time of the act; once revoked it stays as it is. Raises `KeyNotFound`."""
        ...


class AuditLog(Protocol):
    """Who did what. Adapters write to it in the transaction of the act itself."""

    async def record(self, entry: AuditEntry) -> None: ...

    async def entries(
        self, wanted: AuditFilter, limit: int, before: tuple[int, int] | None = None
    ) -> Sequence[Audited]:
        """Return the latest such acts, newest first, of those before a place in the log."""
        ...


class TokenVerifier(Protocol):
    """Tells whose a player's token is."""

    async def caller(self, token: str) -> Caller:
        """Return the player. Raises `Unauthenticated`, and `Unavailable` while the issuer's keys cannot be had."""
        ...


class RateLimiter(Protocol):
    """Counts requests for all processes together."""

    async def take(self, subject: str, limit: RateLimit) -> Allowance:
        """Count a request of the subject, unless it is one too many. Raises `IndexUnavailable`."""
        ...
