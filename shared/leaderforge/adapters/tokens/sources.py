"""Sources of trusted keys: the environment settings, or a key set that the issuer publishes."""

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
"""TTL of a fetched key set, in s."""
PAUSE_S = 10.0
"""Minimum time between two fetches, in s. The pause limits the fetches that tokens with unknown keys cause."""
_FETCH_S = 5.0
"""Time limit of a fetch, in s."""

Fetch = Callable[[], Mapping[str, Any]]
"""Function that returns a JSON Web Key Set. It blocks, and therefore runs in a thread."""


class KeySource(Protocol):
    """Source of the keys that may have signed a token."""

    async def fitting(self, algorithm: str, kid: str | None) -> Sequence[TrustedKey]:
        """Return the keys that may have signed a token with this header. Raises `Unavailable` without a key set."""
        ...


class FixedKeys:
    """Keys from the environment settings."""

    def __init__(self, keys: Sequence[TrustedKey]) -> None:
        self._keys = keys

    async def fitting(self, algorithm: str, kid: str | None) -> Sequence[TrustedKey]:
        return [key for key in self._keys if key.fits(algorithm, kid)]


class PublishedKeys:
    """Key set that the issuer publishes, cached and refreshed in the background.

    The set is fetched on first use, every five minutes, and for a token with an unknown key. While fetches fail, the
    last set stays in use.
    """

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._keys: Sequence[TrustedKey] | None = None
        self._fetching: asyncio.Task[None] | None = None
        self._refresh_at = 0.0
        self._may_fetch_at = 0.0

    async def fitting(self, algorithm: str, kid: str | None) -> Sequence[TrustedKey]:
        fitting = self._fitting(algorithm, kid)
        now = monotonic()
        if (not fitting or now >= self._refresh_at) and now >= self._may_fetch_at and self._fetching is None:
            # Set the time before the fetch, because the pause must also follow a failed fetch.
            self._may_fetch_at = now + PAUSE_S
            self._fetching = asyncio.get_running_loop().create_task(self._renew())
        if not fitting and self._fetching is not None:
            # Other callers may wait for the same fetch. `asyncio.wait` does not cancel the fetch with this caller.
            await asyncio.wait([self._fetching])
            fitting = self._fitting(algorithm, kid)
        if self._keys is None:
            raise Unavailable("the keys of the token issuer cannot be fetched; try again shortly")
        return fitting

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
    """Return the function that fetches a set from an http(s) address or a file."""
    if place.startswith(("https://", "http://")):
        client = jwt.PyJWKClient(place, cache_jwk_set=False, timeout=_FETCH_S)
        return client.fetch_data
    return lambda: _object(json.loads(Path(place).read_text()))


def _object(document: Any) -> Mapping[str, Any]:
    if not isinstance(document, dict):
        raise ValueError("the file is not a JSON Web Key Set: it must contain a JSON object")
    return document
