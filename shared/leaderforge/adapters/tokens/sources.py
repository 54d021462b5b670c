"""Where the trusted keys come from: the settings, or the issuer's published set."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import jwt
import structlog

from leaderforge.adapters.tokens.trusted import TrustedKey, of_set
from leaderforge.domain.errors import Unavailable

REFRESH_S = 300.0
"""How long a set is used before it is fetched again."""
PAUSE_S = 10.0
"""How long after a fetch the next may begin, whatever tokens name."""
_FETCH_S = 5.0

Fetch = Callable[[], Mapping[str, Any]]
"""Returns a JSON Web Key Set; runs in a thread of its own."""


class KeySource(Protocol):
    """Gives the keys that a token may be signed with."""

    async def fitting(self, algorithm: str, kid: str | None) -> Sequence[TrustedKey]:
        """Return the keys for a token of this header. Raises `Unavailable` if they cannot be had."""
        ...


class FixedKeys:
    """Keys that are known from the start."""

    def __init__(self, keys: Sequence[TrustedKey]) -> None:
        self._keys = keys

    async def fitting(self, algorithm: str, kid: str | None) -> Sequence[TrustedKey]:
        return [key for key in self._keys if key.fits(algorithm, kid)]


class PublishedKeys:
    """The issuer's set, fetched when a token first needs it, every five minutes, and for a key that it lacks.

    While it cannot be fetched, the last set goes on being used.
    """

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._keys: Sequence[TrustedKey] | None = None
        self._fetching: asyncio.Task[None] | None = None
        self._refresh_at = 0.0
        self._may_fetch_at = 0.0

    async def fitting(self, algorithm: str, kid: str | None) -> Sequence[TrustedKey]:
        found = self._fitting(algorithm, kid)
        now = monotonic()
        if (not found or now >= self._refresh_at) and now >= self._may_fetch_at and self._fetching is None:
            self._may_fetch_at = now + PAUSE_S
            self._fetching = asyncio.get_running_loop().create_task(self._renew())
        if not found and self._fetching is not None:
            await asyncio.wait([self._fetching])
            found = self._fitting(algorithm, kid)
        if self._keys is None:
            raise Unavailable("the keys of the tokens' issuer cannot be fetched")
        return found

    def _fitting(self, algorithm: str, kid: str | None) -> Sequence[TrustedKey]:
        return [key for key in self._keys or () if key.fits(algorithm, kid)]

    async def _renew(self) -> None:
        try:
            async with asyncio.timeout(_FETCH_S):
                self._keys = of_set(await asyncio.to_thread(self._fetch))
            self._refresh_at = monotonic() + REFRESH_S
        except (OSError, ValueError, jwt.PyJWTError) as error:
            structlog.get_logger("leaderforge.tokens").warning("token_keys_not_fetched", error=str(error))
        finally:
            self._fetching = None


def fetch_from(place: str) -> Fetch:
    """Return what fetches a set from an http(s) address or a file."""
    if place.startswith(("https://", "http://")):
        client = jwt.PyJWKClient(place, cache_jwk_set=False, timeout=_FETCH_S)
        return client.fetch_data
    return lambda: _object(json.loads(Path(place).read_text()))


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("the file does not hold a JSON Web Key Set")
    return value
