"""Whose a key or a token is."""

from collections.abc import Iterator
from hashlib import sha256

from functions.edge.access.key_cache import KeyCache
from leaderforge.config import Settings
from leaderforge.domain.callers import ANONYMOUS, Caller, Kind, Scope
from leaderforge.domain.errors import Unauthenticated
from leaderforge.ports import TokenVerifier

_DOTS_OF_A_TOKEN = 2
_UNKNOWN = "the key is not one that this service knows"


class Credentials:
    """Tells who asks by what the Authorization header holds.

    Keys of the settings are known by heart; what looks like a token is verified; all others are looked for among the
    keys of the store.
    """

    def __init__(self, settings: Settings, keys: KeyCache, tokens: TokenVerifier | None) -> None:
        self._configured = dict(_configured(settings))
        self._keys = keys
        self._tokens = tokens

    async def caller(self, authorization: bytes | None) -> Caller:
        """Return who asks, `ANONYMOUS` without a header. Raises `Unauthenticated` for what is not known."""
        if authorization is None:
            return ANONYMOUS
        scheme, _, credential = authorization.partition(b" ")
        if scheme.lower() != b"bearer":
            raise Unauthenticated(_UNKNOWN)
        credential = credential.strip()
        digest = sha256(credential).digest()
        caller = self._configured.get(digest)
        if caller is None and self._tokens is not None and credential.count(b".") == _DOTS_OF_A_TOKEN:
            caller = await self._tokens.caller(credential.decode("latin-1"))
        caller = caller or await self._keys.find(digest)
        if caller is None:
            raise Unauthenticated(_UNKNOWN)
        return caller


def _configured(settings: Settings) -> Iterator[tuple[bytes, Caller]]:
    for scope, keys in ((Scope.SUBMIT, settings.submit_keys), (Scope.ADMIN, settings.admin_keys)):
        for digest in keys.digests:
            yield digest, Caller(Kind.ENVIRONMENT, scope, frozenset({scope}), fingerprint=digest.hex()[:8])
