"""The cache of every ladder's first entries."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from leaderforge.domain.boards import Ladder
from leaderforge.ports import Applied, Clock, Telemetry
from leaderforge.services.entries import Page, Source

SIZES = (10, 100, 1000)
"""How many entries are cached together: the smallest size that holds the limit asked for."""

_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Top:
    """The first entries of a ladder, and the sort key of the last of them (None where the ladder ends sooner)."""

    page: Page
    last: bytes | None

    def touched_by(self, key: bytes) -> bool:
        """Whether an update with this key, before or after it, changes these entries."""
        return self.last is None or key <= self.last


Load = Callable[[Ladder, int], Awaitable[Top]]


@dataclass(slots=True)
class _Slot:
    """One cached top. `best` is the best key that updates have touched since the load in flight began."""

    top: Top | None = None
    until: int = 0
    loading: asyncio.Task[tuple[Top, bool]] | None = None
    best: bytes | None = None


class TopCache:
    """Keeps the first entries of ladders for at most `ttl_ms`, dropped sooner when an update touches them.

    One caller loads and the others wait for it. The total shown with them may be as old as the cache.
    """

    def __init__(self, load: Load, clock: Clock, telemetry: Telemetry, *, ttl_ms: int, capacity: int = 1024) -> None:
        self._load = load
        self._clock = clock
        self._telemetry = telemetry
        self._ttl_ms = ttl_ms
        self._capacity = capacity
        self._slots: dict[tuple[Ladder, int], _Slot] = {}

    async def get(self, ladder: Ladder, limit: int) -> Page:
        """Return the first entries of the ladder: at least `limit` of them, if there are as many."""
        size = next(size for size in SIZES if size >= limit)
        slot = self._slot(ladder, size)
        if slot.top is not None and self._clock() < slot.until:
            self._telemetry.count("top_cache", result="hit")
            return slot.top.page
        self._telemetry.count("top_cache", result="miss")
        return (await self._loaded(slot, ladder, size)).page

    def touch(self, ladder: Ladder, applied: Sequence[Applied]) -> None:
        """Drop what these updates have changed."""
        best = min((min(a.key, a.previous or a.key) for a in applied), default=None)
        if best is None:
            return
        for size in SIZES:
            slot = self._slots.get((ladder, size))
            if slot is not None:
                slot.best = best if slot.best is None else min(best, slot.best)
                if slot.top is not None and slot.top.touched_by(best):
                    slot.top = None

    def clear(self) -> None:
        """Drop everything."""
        self._slots.clear()

    def _slot(self, ladder: Ladder, size: int) -> _Slot:
        slot = self._slots.get((ladder, size))
        if slot is None:
            if len(self._slots) >= self._capacity:
                self._slots.pop(next(iter(self._slots)))
            slot = self._slots[ladder, size] = _Slot()
        return slot

    async def _loaded(self, slot: _Slot, ladder: Ladder, size: int) -> Top:
        for _ in range(_ATTEMPTS):
            if slot.loading is None:
                slot.loading = asyncio.get_running_loop().create_task(self._fill(slot, ladder, size))
            top, clean = await asyncio.shield(slot.loading)
            if clean:
                break
        return top

    async def _fill(self, slot: _Slot, ladder: Ladder, size: int) -> tuple[Top, bool]:
        slot.best = None
        try:
            top = await self._load(ladder, size)
        finally:
            slot.loading = None
        clean = slot.best is None or not top.touched_by(slot.best)
        if clean:
            source = Source.CACHE if top.page.source is Source.INDEX else top.page.source
            slot.top = replace(top, page=replace(top.page, source=source))
            slot.until = top.page.as_of + self._ttl_ms
        return top, clean
