"""Verification of player tokens."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import jwt

from leaderforge.adapters.tokens.sources import KeySource
from leaderforge.adapters.tokens.trusted import TrustedKey
from leaderforge.domain.boards import MAX_INTEGER
from leaderforge.domain.callers import Caller, external_player, player
from leaderforge.domain.errors import Refused, Unauthenticated
from leaderforge.domain.permissions import KeyScope
from leaderforge.domain.players import ExternalId, external_id, username
from leaderforge.domain.tokens import EXTERNAL_SUBJECT
from leaderforge.ports.clock import Clock

KEPT_MS = 60_000
"""Maximum time in ms that a verified token stays in the cache. A token is never cached after its end."""

_MAX_KEPT = 10_000
"""Maximum number of cached tokens. At this number, the whole cache is cleared."""
_LONGEST = 8192
"""Maximum length of a token, in characters."""
_USER_ID = re.compile(r"-?[0-9]{1,16}")
_REQUIRED = ("exp", "iss", "aud")


@dataclass(frozen=True, slots=True)
class TokenRules:
    """Required claims of a token, and the claims that identify its player.

    `leeway_s` is the tolerated clock difference in s. `player_claim` holds an external id if `is_external`, else a
    player id. If `is_prefixed`, as in tokens that this service issues, the claim holds a player id, or `ext:` and an
    external id. `name_claim` is the claim with the name of a new player, None if names are not in the token.
    """

    issuer: str
    audience: str
    leeway_s: int
    player_claim: str = "sub"
    is_external: bool = False
    name_claim: str | None = None
    is_prefixed: bool = False


@dataclass(frozen=True, slots=True)
class _Verified:
    caller: Caller
    until: int


class JwtVerifier:
    """`TokenVerifier` by PyJWT.

    The key determines the algorithm. If the token determined it, an attacker could choose a weaker algorithm.
    """

    def __init__(self, keys: KeySource, rules: TokenRules, clock: Clock) -> None:
        self._keys = keys
        self._rules = rules
        self._clock = clock
        self._verified: dict[bytes, _Verified] = {}

    async def caller(self, token: str) -> Caller:
        # Cache by digest, which has a fixed size and is no credential.
        digest = sha256(token.encode()).digest()
        verified = self._verified.get(digest)
        if verified is None or verified.until <= self._clock():
            verified = await self._verify(token)
            self._keep(digest, verified)
        return verified.caller

    async def _verify(self, token: str) -> _Verified:
        if len(token) > _LONGEST:
            raise Unauthenticated(f"the token is too long: use at most {_LONGEST} characters")
        try:
            header = jwt.get_unverified_header(token)
            keys = await self._keys.fitting(str(header.get("alg")), header.get("kid"))
            claims = self._claims(token, keys)
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("the token has expired: request a new one from its issuer") from None
        # Deeply nested JSON in a token raises a `RecursionError`.
        except (jwt.PyJWTError, RecursionError) as error:
            raise Unauthenticated(f"the token is not valid: {_reason(error)}") from None
        return _Verified(_player(claims, self._rules), min(self._clock() + KEPT_MS, self._end(claims)))

    def _claims(self, token: str, keys: Sequence[TrustedKey]) -> dict[str, Any]:
        """Return the claims of the token. Raises `InvalidSignatureError` unless one of the keys has signed it."""
        for key in keys:
            try:
                return self._decoded(token, key)
            # Try the next key only after a wrong signature: other errors would be the same with every key.
            except jwt.InvalidSignatureError:
                continue
        raise jwt.InvalidSignatureError("it is not signed by a trusted key")

    def _decoded(self, token: str, key: TrustedKey) -> dict[str, Any]:
        return jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm],
            issuer=self._rules.issuer,
            audience=self._rules.audience,
            leeway=self._rules.leeway_s,
            options={"require": [*_REQUIRED, self._rules.player_claim]},
        )

    def _end(self, claims: dict[str, Any]) -> int:
        """Return the time until which the token is valid, in ms."""
        return (int(claims["exp"]) + self._rules.leeway_s) * 1000

    def _keep(self, digest: bytes, verified: _Verified) -> None:
        if len(self._verified) >= _MAX_KEPT:
            # Clear the whole cache at its maximum size. This costs only one more verification per active token.
            self._verified.clear()
        self._verified[digest] = verified


def _player(claims: dict[str, Any], rules: TokenRules) -> Caller:
    """Return the player of a token. Raises `Unauthenticated` if the player claim is not an id of the required kind."""
    scope = claims.get("scope")
    reads = isinstance(scope, str) and KeyScope.READ in scope.split()
    subject, name = _text(claims[rules.player_claim]), _username(claims, rules)
    is_prefixed = rules.is_prefixed and subject.startswith(EXTERNAL_SUBJECT)
    subject = subject.removeprefix(EXTERNAL_SUBJECT) if is_prefixed else subject
    if rules.is_external or is_prefixed:
        return external_player(_external_id(subject, rules), reads=reads, username=name)
    if not _USER_ID.fullmatch(subject) or abs(int(subject)) > MAX_INTEGER:
        raise Unauthenticated(f"the token's {rules.player_claim} must be a player id")
    return player(int(subject), reads=reads, username=name)


def _external_id(subject: str, rules: TokenRules) -> ExternalId:
    try:
        return external_id(subject)
    except Refused as error:
        raise Unauthenticated(f"the token's {rules.player_claim} must be an external id: {error.message}") from None


def _text(claim: object) -> str:
    """Return a claim as text, empty if it is neither a text nor an integer."""
    return str(claim) if isinstance(claim, str | int) and not isinstance(claim, bool) else ""


def _username(claims: dict[str, Any], rules: TokenRules) -> str | None:
    """Return the name in the token, None if it is missing or invalid. A token with an invalid name stays valid."""
    name = claims.get(rules.name_claim) if rules.name_claim is not None else None
    try:
        return username(name) if isinstance(name, str) else None
    except Refused:
        return None


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, jwt.PyJWTError) else "it cannot be read"
