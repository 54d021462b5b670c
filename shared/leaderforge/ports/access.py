"""API keys, signing keys, audit log, player tokens and rate limits."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Protocol

from leaderforge.domain.api_keys import ApiKey
from leaderforge.domain.audit import Audited, AuditEntry, AuditFilter
from leaderforge.domain.callers import Caller
from leaderforge.domain.permissions import Role
from leaderforge.domain.rates import Allowance, RateLimit
from leaderforge.domain.signing_keys import SigningKey
from leaderforge.domain.tokens import IssuedToken, TokenClaims

AcceptsKey = Callable[[str], Awaitable[bool]]
"""Function that takes the id of a signing key, and returns whether tokens with its signature are accepted."""


class KeyStore(Protocol):
    """Store of the API keys. Each change writes its audit entry in the same transaction."""

    async def create(self, key: ApiKey, act: AuditEntry) -> None:
        """Create a key. Raises `KeyNameTaken`; names of revoked keys stay reserved."""
        ...

    async def keys(self) -> Sequence[ApiKey]:
        """Return all keys in order of name, including revoked keys."""
        ...

    async def valid(self, now: int) -> Sequence[ApiKey]:
        """Return the API keys that are not revoked. The digest `replaced` is None if it is invalid at `now` (ms)."""
        ...

    async def rotate(self, name: str, digest: bytes, replaced_until: int, act: AuditEntry) -> ApiKey:
        """Replace a key's digest, and return the key. The previous digest stays valid until `replaced_until` (ms).

        If the previous digest had itself replaced a digest, that older digest becomes invalid at once. Raises
        `KeyNotFound` or `KeyRevoked`.
        """
        ...

    async def change_role(self, name: str, role: Role, act: AuditEntry) -> ApiKey:
        """Change the role of a person's key, and return the key. The audit entry gets the previous role as `was`.

        If the key has the role already, nothing changes. Raises `KeyNotFound`, `KeyRevoked`, or `Refused` for the key
        of a program.
        """
        ...

    async def revoke(self, name: str, act: AuditEntry) -> ApiKey:
        """Revoke a key at `act.at`, and return the key. A revoked key stays unchanged. Raises `KeyNotFound`."""
        ...


class SigningKeyStore(Protocol):
    """Store of the signing keys. Each change writes its audit entry in the same transaction."""

    async def create(self, key: SigningKey, act: AuditEntry) -> None:
        """Create a key. Its random id is assumed to be new."""
        ...

    async def keys(self) -> Sequence[SigningKey]:
        """Return all keys in order of creation, including retired keys."""
        ...

    async def retire(self, kid: str, accepted_until: int, act: AuditEntry) -> SigningKey:
        """Retire a key at `act.at`, and return it. Its tokens are accepted until `accepted_until` (ms).

        If the key is already retired, keep its time of retirement, and the earlier of the two times `accepted_until`.
        Raises `SigningKeyNotFound`.
        """
        ...


class AuditLog(Protocol):
    """Log of actions. Adapters of other ports write to it in the transaction of the action."""

    async def record(self, entry: AuditEntry) -> None:
        """Write an entry in its own transaction."""
        ...

    async def entries(
        self, criteria: AuditFilter, limit: int, before: tuple[int, int] | None = None
    ) -> Sequence[Audited]:
        """Return the latest entries that match the filter, newest first.

        With `before`, the time (ms) and id of an entry, return only entries before it.
        """
        ...

    async def latest(self, actors: Collection[str]) -> Mapping[str, int]:
        """Return the time (ms) of the latest entry of each actor that has any."""
        ...


class TokenVerifier(Protocol):
    """Verification of player tokens."""

    async def caller(self, token: str) -> Caller:
        """Return the caller of a player token. Raises `Unauthenticated`, or `Unavailable` without the issuer's keys."""
        ...


class TokenSigner(Protocol):
    """Signer and verifier of the player tokens that this service issues."""

    def sign(self, kid: str, claims: TokenClaims) -> IssuedToken:
        """Return a token with these claims, valid from now on, signed by the key with this id."""
        ...

    def verifier(self, accepts: AcceptsKey, configured: TokenVerifier | None) -> TokenVerifier:
        """Return the verifier of player tokens. `configured` verifies the tokens of other issuers, if any."""
        ...


class RateLimiter(Protocol):
    """Counter of requests, shared by all processes."""

    async def take(self, subject: str, limit: RateLimit) -> Allowance:
        """Count a request of a caller (`subject`), unless it exceeds the limit. Raises `IndexUnavailable`."""
        ...
