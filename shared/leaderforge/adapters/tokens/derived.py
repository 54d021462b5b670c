"""Tokens that this service issues, signed by keys derived from a secret of the settings (HS256)."""

from collections.abc import Sequence
from contextlib import suppress

import jwt

from leaderforge.adapters.tokens.trusted import TrustedKey
from leaderforge.adapters.tokens.verifier import JwtVerifier, TokenRules
from leaderforge.domain.callers import Caller
from leaderforge.domain.errors import Unauthenticated
from leaderforge.domain.signing_keys import derived_key, is_kid
from leaderforge.domain.tokens import ISSUER, IssuedToken, TokenClaims
from leaderforge.ports.access import AcceptsKey, TokenVerifier
from leaderforge.ports.clock import Clock

_ALGORITHM = "HS256"


class DerivedSigner:
    """`TokenSigner` by HMAC. `secret` is the signing secret of the settings.

    `clock` must return the real time, because PyJWT compares the times of a token with the real time. `leeway_s` is the
    tolerated clock difference in s.
    """

    def __init__(self, secret: bytes, clock: Clock, *, leeway_s: int) -> None:
        self._secret = secret
        self._clock = clock
        self._rules = TokenRules(ISSUER, ISSUER, leeway_s, is_prefixed=True, name_claim="name")

    def sign(self, kid: str, claims: TokenClaims) -> IssuedToken:
        issued_at_s = self._clock() // 1000
        expires_at_s = issued_at_s + claims.valid_s
        payload: dict[str, object] = {"iss": ISSUER, "aud": ISSUER, "sub": claims.subject}
        payload |= {"iat": issued_at_s, "exp": expires_at_s}
        if claims.username is not None:
            payload["name"] = claims.username
        text = jwt.encode(payload, derived_key(self._secret, kid), _ALGORITHM, {"kid": kid})
        return IssuedToken(text, expires_at_s * 1000)

    def verifier(self, accepts: AcceptsKey, configured: TokenVerifier | None) -> TokenVerifier:
        keys = _DerivedKeys(self._secret, accepts)
        return _SeveralIssuers(JwtVerifier(keys, self._rules, self._clock), configured)


class _DerivedKeys:
    """`KeySource` of the derived keys."""

    def __init__(self, secret: bytes, accepts: AcceptsKey) -> None:
        self._secret = secret
        self._accepts = accepts

    async def fitting(self, algorithm: str, kid: str | None) -> Sequence[TrustedKey]:
        if algorithm != _ALGORITHM or kid is None or not await self._accepts(kid):
            return []
        return [TrustedKey(_ALGORITHM, derived_key(self._secret, kid), kid)]


class _SeveralIssuers:
    """Verifier that selects an issuer's verifier by the form of the key id in the token's header.

    The selected verifier verifies the whole token.
    """

    def __init__(self, issued: TokenVerifier, configured: TokenVerifier | None) -> None:
        self._issued = issued
        self._configured = configured

    async def caller(self, token: str) -> Caller:
        if _has_signing_key(token):
            return await self._issued.caller(token)
        if self._configured is None:
            raise Unauthenticated("the token is not one that this service issued, and no other issuer is configured")
        return await self._configured.caller(token)


def _has_signing_key(token: str) -> bool:
    # Ignore an unreadable header here: the selected verifier reports it. Deeply nested JSON raises a `RecursionError`.
    with suppress(jwt.PyJWTError, RecursionError):
        return is_kid(jwt.get_unverified_header(token).get("kid"))
    return False
