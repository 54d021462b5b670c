"""The store's API keys and people's sessions by digest, cached in this process."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from time import monotonic

import structlog

from leaderforge.domain.api_keys import ApiKey
from leaderforge.domain.callers import Caller
from leaderforge.domain.errors import LeaderForgeError, StoreUnavailable
from leaderforge.ports.access import KeyStore
from leaderforge.ports.clock import Clock
from leaderforge.ports.people import PeopleStore
from leaderforge.services.refreshing import keys_cache


@dataclass(frozen=True, slots=True)
class _CachedKey:
    """Caller of a key or session, and the expiry of the key or session (ms since 1970), None without an expiry."""

    caller: Caller
    expires_at: int | None


_Keys = Mapping[bytes, _CachedKey]
_ALL = "all keys"
"""Name of the cache's only item: all valid API keys together. Therefore, guessed API keys cause no extra queries."""


class KeyCache:
    """Cache of callers, by the digest of their key. A look-up loads all valid keys together, at most every 2 s.

    With `people`, the sessions of people count as keys. While the store is unavailable, the cached keys stay valid.
    """

    def __init__(
        self, store: KeyStore, clock: Clock, now: Callable[[], float] = monotonic, *, people: PeopleStore | None = None
    ) -> None:
        self._store = store
        self._people = people
        self._clock = clock
        self._keys = keys_cache(self._load, now)
        self._is_failing = False

    async def load(self) -> None:
        """Load all API keys unless they are cached. Wait as long as the store needs. Raises `StoreUnavailable`."""
        await self._keys.get(_ALL)

    async def find(self, digest: bytes) -> Caller | None:
        """Return the caller with this key, None for an unknown key. Raises `StoreUnavailable` if no keys are cached."""
        keys = self._keys.fresh(_ALL)
        if keys is None:
            keys = await self._keys.get_limited(_ALL)
        if keys is None:
            raise StoreUnavailable("the API keys cannot be read from the database; retry shortly")
        caller = self._caller(keys, digest)
        if caller is None:
            # A key that is not cached may be new. Therefore, wait for the refresh in flight, if any.
            caller = self._caller(await self._keys.get_refreshed(_ALL) or keys, digest)
        return caller

    def invalidate(self) -> None:
        """Mark the cached keys as stale after a change in this process. They are still used while the store is down."""
        self._keys.expire(_ALL)

    def _caller(self, keys: _Keys, digest: bytes) -> Caller | None:
        key = keys.get(digest)
        # Check the expiry at each use, because a replaced key may expire between two refreshes.
        if key is None or (key.expires_at is not None and key.expires_at <= self._clock()):
            return None
        return key.caller

    async def _read(self) -> _Keys:
        """Return the valid keys and the sessions of people."""
        keys = dict(_by_digest(await self._store.valid(self._clock())))
        if self._people is not None:
            sessions = await self._people.sessions(self._clock())
            keys |= {session.digest: _CachedKey(session.caller, session.expires_at) for session in sessions}
        return keys

    async def _load(self, _: str) -> _Keys:
        try:
            keys = await self._read()
        except LeaderForgeError as error:
            # Log each outage only once, because loads are retried every 2 s. Meanwhile, the cached keys stay in use.
            if not self._is_failing:
                structlog.get_logger("leaderforge.keys").warning("keys_not_read", error=error.message)
            self._is_failing = True
            raise
        self._is_failing = False
        return keys


def _by_digest(keys: Iterable[ApiKey]) -> Iterator[tuple[bytes, _CachedKey]]:
    for key in keys:
        yield key.digest, _CachedKey(key.caller, None)
        if key.replaced is not None:
            yield key.replaced.digest, _CachedKey(key.caller, key.replaced.until)
