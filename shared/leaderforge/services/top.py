"""The cache of every ladder's first entries."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from leaderforge.domain.boards import Ladder
from leaderforge.domain.changes import LadderChange
from leaderforge.ports.clock import Clock
from leaderforge.ports.telemetry import Telemetry
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

LONGEST_MS = 30_000
"""How long a top is kept though no change of it was announced."""


@dataclass(slots=True)
class _Slot:
    """One cached top of a ladder, loaded from `began` on and good until `until`; longer if it is `followed`.

    `best` is the best key that updates have touched since the load in flight began, `grown` whether any of them
    changed the number of entries. `touched` is set once the top has been dropped.
    """

    ladder: Ladder
    top: Top | None = None
    began: int = 0
    until: int = 0
    followed: bool = False
    loading: asyncio.Task[tuple[Top, bool]] | None = None
    best: bytes | None = None
    grown: bool = False
    touched: asyncio.Event = field(default_factory=asyncio.Event)

    def drop(self) -> None:
        self.top = None
        self.touched.set()


class TopCache:
    """Keeps the first entries of ladders until an update touches them, or for as long as none can have escaped notice.

    An entry of the cache, and the total with it, is never older than `ttl_ms`: either it was loaded since, or every
    change until then is known (`follow`) and none concerned it. One caller loads and the others wait for it.
    """

    def __init__(self, load: Load, clock: Clock, telemetry: Telemetry, *, ttl_ms: int, capacity: int = 1024) -> None:
        self._load = load
        self._clock = clock
        self._telemetry = telemetry
        self._ttl_ms = ttl_ms
        self._capacity = capacity
        self._slots: dict[tuple[int, int, int], _Slot] = {}
        self.hits = self.misses = 0
        self._followed_from = 0
        self._followed_until = 0

    async def get(self, ladder: Ladder, limit: int) -> Page:
        """Return the first entries of the ladder: at least `limit` of them, if there are as many."""
        slot = self._slot(ladder, limit)
        if slot.top is not None and self._clock() < self._good_until(slot):
            self.hits += 1
            self._telemetry.count("top_cache", result="hit")
            return slot.top.page
        self.misses += 1
        self._telemetry.count("top_cache", result="miss")
        return (await self._loaded(slot, _size(limit))).page

    async def until_touched(self, ladder: Ladder, limit: int) -> None:
        """Return as soon as an update has changed these entries since they were loaded."""
        await self._slot(ladder, limit).touched.wait()

    def follow(self, since: int, until: int) -> None:
        """Take note that every change from `since` to `until` has been told to `touch`."""
        self._followed_from = since
        self._followed_until = until

    def touch(self, change: LadderChange) -> None:
        """Drop what this has changed."""
        for slot in self._concerned(change):
            slot.best = change.best if slot.best is None else min(change.best, slot.best)
            slot.grown |= change.grown
            if slot.top is not None and slot.top.touched_by(change.best):
                slot.drop()
            elif change.grown:
                # The entries are as they were; the total with them may grow old, though no older than any other.
                slot.until, slot.followed = self._good_until(slot), False

    def _concerned(self, change: LadderChange) -> list[_Slot]:
        board_id, period = change.board_id, change.period
        if board_id is not None and period is not None:
            keys = [(board_id, period, size) for size in SIZES]
            return [self._slots[key] for key in keys if key in self._slots]
        return [slot for slot in self._slots.values() if board_id in (None, slot.ladder.board.id)]

    def _good_until(self, slot: _Slot) -> int:
        if not slot.followed or slot.began < self._followed_from:
            return slot.until
        return max(slot.until, min(self._followed_until + self._ttl_ms, slot.began + LONGEST_MS))

    def _slot(self, ladder: Ladder, limit: int) -> _Slot:
        key = (ladder.board.id, ladder.period, _size(limit))
        slot = self._slots.get(key)
        if slot is None or slot.ladder != ladder:  # a board whose settings changed is shown by the new ones
            if len(self._slots) >= self._capacity:
                self._slots.pop(next(iter(self._slots)))
            slot = self._slots[key] = _Slot(ladder)
        return slot

    async def _loaded(self, slot: _Slot, size: int) -> Top:
        for _ in range(_ATTEMPTS):
            if slot.loading is None:
                slot.loading = asyncio.get_running_loop().create_task(self._fill(slot, size))
            top, clean = await asyncio.shield(slot.loading)
            if clean:
                break
        return top

    async def _fill(self, slot: _Slot, size: int) -> tuple[Top, bool]:
        slot.best, slot.grown = None, False
        began = self._clock()
        try:
            top = await self._load(slot.ladder, size)
        finally:
            slot.loading = None
        clean = slot.best is None or not top.touched_by(slot.best)
        if clean:
            self._keep(slot, top, began)
        return top, clean

    def _keep(self, slot: _Slot, top: Top, began: int) -> None:
        of_index = top.page.source is Source.INDEX
        slot.top = replace(top, page=replace(top.page, source=Source.CACHE if of_index else top.page.source))
        slot.began = began
        slot.until = top.page.as_of + self._ttl_ms
        slot.followed = of_index and not slot.grown
        slot.touched.clear()


def _size(limit: int) -> int:
    return next(size for size in SIZES if size >= limit)
