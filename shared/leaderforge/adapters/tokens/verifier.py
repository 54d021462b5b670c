"""Whose token it is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import jwt

from leaderforge.adapters.tokens.sources import KeySource
from leaderforge.adapters.tokens.trusted import TrustedKey
from leaderforge.domain.boards import MAX_INTEGER
from leaderforge.domain.callers import Caller, Scope, player
from leaderforge.domain.errors import Unauthenticated
from leaderforge.ports import Clock

KEPT_MS = 60_000
"""How long a verified token is believed without another look, at most until it expires."""

_MOST_KEPT = 10_000
_LONGEST = 8192
_USER_ID = re.compile(r"-?[0-9]{1,16}")
_REQUIRED = ["exp", "iss", "aud", "sub"]


@dataclass(frozen=True, slots=True)
class TokenRules:
    """What a token must say besides who its player is. `leeway_s` is how far its clock may be off."""

    issuer: str
    audience: str
    leeway_s: int


@dataclass(frozen=True, slots=True)
class _Verified:
    caller: Caller
    until: int


class JwtVerifier:
    """`TokenVerifier` by PyJWT. The algorithm is the key's, never the token's choice."""

    def __init__(self, keys: KeySource, rules: TokenRules, clock: Clock) -> None:
        self._keys = keys
        self._rules = rules
        self._clock = clock
        self._verified: dict[bytes, _Verified] = {}

    async def caller(self, token: str) -> Caller:
        digest = sha256(token.encode()).digest()
        known = self._verified.get(digest)
        if known is None or known.until <= self._clock():
            known = await self._verify(token)
            self._keep(digest, known)
        return known.caller

    async def _verify(self, token: str) -> _Verified:
        if len(token) > _LONGEST:
            raise Unauthenticated("the token is too long")
        try:
            header = jwt.get_unverified_header(token)
            keys = await self._keys.fitting(str(header.get("alg")), header.get("kid"))
            claims = self._claims(token, keys)
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("the token has expired") from None
        except (jwt.PyJWTError, RecursionError) as error:
            raise Unauthenticated(f"the token is not valid: {_said(error)}") from None
        return _Verified(_player(claims), min(self._clock() + KEPT_MS, self._end(claims)))

    def _claims(self, token: str, keys: Sequence[TrustedKey]) -> dict[str, Any]:
        """Return what the token says, signed with one of the keys."""
        for key in keys:
            try:
                return jwt.decode(
                    token,
                    key.key,
                    algorithms=[key.algorithm],
                    issuer=self._rules.issuer,
                    audience=self._rules.audience,
                    leeway=self._rules.leeway_s,
                    options={"require": _REQUIRED},
                )
            except jwt.InvalidSignatureError:
                continue
        raise jwt.InvalidSignatureError("no key that this service trusts has signed it")

    def _end(self, claims: dict[str, Any]) -> int:
        return (int(claims["exp"]) + self._rules.leeway_s) * 1000

    def _keep(self, digest: bytes, verified: _Verified) -> None:
        if len(self._verified) >= _MOST_KEPT:
            self._verified.clear()
        self._verified[digest] = verified


def _player(claims: dict[str, Any]) -> Caller:
    subject = claims["sub"]
    if not _USER_ID.fullmatch(subject) or abs(int(subject)) > MAX_INTEGER:
        raise Unauthenticated("the token's sub is not the id of a player")
    scope = claims.get("scope")
    return player(int(subject), reads=isinstance(scope, str) and Scope.READ in scope.split())


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, jwt.PyJWTError) else "it cannot be read"
