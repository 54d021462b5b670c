"""Conversion of the Authorization header to the caller."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256

from functions.edge.access.key_cache import KeyCache
from functions.edge.access.sign_in import SignIn
from leaderforge.config import EnvironmentSettings
from leaderforge.domain.callers import ANONYMOUS, Caller, CallerKind
from leaderforge.domain.errors import Unauthenticated
from leaderforge.domain.permissions import KeyScope
from leaderforge.ports.access import TokenVerifier

_TOKEN_DOTS = 2
"""Number of dots in a JWT, which has three parts. API keys have no dots."""


class CallerResolver:
    """Resolver of callers. It tries keys of the environment settings, then player tokens, then keys of the store."""

    def __init__(
        self, settings: EnvironmentSettings, keys: KeyCache, tokens: TokenVerifier | None, sign_in: SignIn
    ) -> None:
        self._configured = dict(_configured(settings))
        self._keys = keys
        self._tokens = tokens
        self._sign_in = sign_in

    def configured(self) -> Sequence[tuple[Caller, int]]:
        """Return, for each environment setting with API keys, the caller of these keys and the number of keys."""
        counts = Counter(replace(caller, fingerprint="") for caller in self._configured.values())
        return list(counts.items())

    async def verify(self, authorization: bytes | None) -> Caller:
        """Return the caller whose key or token a header contains. Raises `Unauthenticated` for an unknown key or token.

        Without a header, return `ANONYMOUS`. The player of a token is not looked up: see `sign_in`.
        """
        if authorization is None:
            return ANONYMOUS
        scheme, _, credential = authorization.partition(b" ")
        if scheme.lower() != b"bearer":
            raise Unauthenticated("unknown authorization scheme; use the scheme Bearer")
        credential = credential.strip()
        digest = sha256(credential).digest()
        caller = self._configured.get(digest)
        if caller is None and self._tokens is not None and credential.count(b".") == _TOKEN_DOTS:
            caller = await self._tokens.caller(credential.decode("latin-1"))
        caller = caller or await self._keys.find(digest)
        if caller is None:
            raise Unauthenticated("unknown API key or token; send a valid one, or no Authorization header")
        return caller

    async def sign_in(self, caller: Caller) -> Caller:
        """Return the verified caller of a token with the player id added. `SignIn` may create the player."""
        return await self._sign_in.resolve(caller)


def _configured(settings: EnvironmentSettings) -> Iterator[tuple[bytes, Caller]]:
    for scope, keys in ((KeyScope.SUBMIT, settings.submit_keys), (KeyScope.ADMIN, settings.admin_keys)):
        for digest in keys.digests:
            yield digest, Caller(CallerKind.ENVIRONMENT, scope, frozenset({scope}), fingerprint=digest.hex()[:8])
