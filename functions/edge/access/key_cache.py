"""The keys in the store by their digests, kept for a moment."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from time import monotonic

import structlog

from leaderforge.domain.api_keys import ApiKey
from leaderforge.domain.callers import Caller
from leaderforge.domain.errors import LeaderForgeError, StoreUnavailable
from leaderforge.ports import Clock, KeyStore

FRESH_S = 2.0
"""How long the keys are used as they are; after that they are read again while they go on being used."""
OLDEST_S = 4.0
"""How long they are used while they are being read: changes hold everywhere within 5 s."""
_PATIENCE_S = 0.5


@dataclass(frozen=True, slots=True)
class _Known:
    caller: Caller
    until: int | None


class KeyRing:
    """Tells whose a key is, without a query a request: all valid keys are read together, by use, every 2 s at most.

    While the store is out of reach, the keys read before stay valid, so that their holders go on being served.
    """

    def __init__(self, store: KeyStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: Mapping[bytes, _Known] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._read_again_at = 0.0
        self._too_old_at = 0.0
        self._failing = False

    async def find(self, digest: bytes) -> Caller | None:
        """Return who has the key. Raises `StoreUnavailable` if the keys could never be read."""
        now = monotonic()
        if self._is_due(now):
            self._read_again_at = now + FRESH_S
            self._reading = asyncio.get_running_loop().create_task(self._read(now))
        found = self._found(digest)
        if self._reading is not None and (found is None or now >= self._too_old_at):
            await self._wait(self._reading)
            found = self._found(digest)
        if self._known is None:
            raise StoreUnavailable("the keys cannot be read from the database")
        return found

    def forget(self) -> None:
        """Read the keys again before they are next used, since they were changed here."""
        self._reading = None
        self._read_again_at = self._too_old_at = 0.0

    def _is_due(self, now: float) -> bool:
        """Whether to begin a reading: one in progress for long is stuck, or its process was frozen in between."""
        overdue = now - self._read_again_at
        return overdue >= (0 if self._reading is None else OLDEST_S - FRESH_S)

    def _found(self, digest: bytes) -> Caller | None:
        known = self._known.get(digest) if self._known is not None else None
        if known is None or (known.until is not None and known.until <= self._clock()):
            return None
        return known.caller

    async def _wait(self, reading: asyncio.Task[None]) -> None:
        """Give the store a moment; if it needs longer, let the next requests use what is known without waiting."""
        await asyncio.wait([reading], timeout=_PATIENCE_S)
        if monotonic() >= self._too_old_at:
            self._too_old_at = monotonic() + FRESH_S

    async def _read(self, begin: float) -> None:
        try:
            known = dict(_by_digest(await self._store.valid(self._clock())))
            if self._reading is asyncio.current_task():
                self._known, self._failing = known, False
                self._too_old_at = begin + OLDEST_S
        except LeaderForgeError as error:
            # What is known goes on being used.
            if not self._failing:
                structlog.get_logger("leaderforge.keys").warning("keys_not_read", error=error.message)
            self._failing = True
        finally:
            if self._reading is asyncio.current_task():
                self._reading = None


def _by_digest(keys: Iterable[ApiKey]) -> Iterator[tuple[bytes, _Known]]:
    for key in keys:
        yield key.digest, _Known(key.caller, None)
        if key.replaced is not None:
            yield key.replaced.digest, _Known(key.caller, key.replaced.until)
