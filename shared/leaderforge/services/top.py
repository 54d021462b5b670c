"""Cache of the first entries of ladders."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from leaderforge.domain.boards import Ladder
from leaderforge.domain.changes import LadderChange
from leaderforge.domain.segments import Segment
from leaderforge.domain.sources import Source
from leaderforge.domain.timing import TOP_LIMIT_MS
from leaderforge.ports.clock import Clock
from leaderforge.ports.index_maintenance import LadderIds
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.entries import Page

SIZES = (10, 100, 1000)
"""Cached numbers of entries. A request uses the smallest size that covers its limit."""

_ATTEMPTS = 3
"""Maximum number of loads for a request. A load is repeated if an update has changed its result meanwhile."""


@dataclass(frozen=True, slots=True)
class Top:
    """First entries of a ladder, and the sort key of the last of these entries.

    `last` is None if the ladder has fewer entries than requested: then every update changes the first entries.
    """

    page: Page
    last: bytes | None

    def is_changed_by(self, key: bytes) -> bool:
        """Return whether an update changes these entries. `key` is the better of the player's old and new sort keys."""
        return self.last is None or key <= self.last


_SlotKey: TypeAlias = tuple[int, int, Segment | None, int | None, int]
"""Board id, period number, segment, moment (ms) and size of a cached top."""

Load = Callable[[Ladder, int], Awaitable[Top]]


@dataclass(slots=True)
class _Slot:
    """Cached top of a ladder.

    The load of `top` started at `began` (ms). The top is valid until `until` (ms). If `followed`, it may be valid for
    longer (see `TopCache.follow`). `invalidated` is set once the top is invalid. `best` and `grown` collect the updates
    during a load: the best changed sort key, and whether the number of entries has changed.
    """

    ladder: Ladder
    top: Top | None = None
    began: int = 0
    until: int = 0
    followed: bool = False
    loading: asyncio.Task[tuple[Top, bool]] | None = None
    best: bytes | None = None
    grown: bool = False
    invalidated: asyncio.Event = field(default_factory=asyncio.Event)

    def invalidate(self) -> None:
        self.top = None
        self.invalidated.set()


class TopCache:
    """Cache of the first entries of ladders. An update that changes the entries invalidates them.

    Cached entries and their total are at most `ttl_ms` old. Either they were loaded in the last `ttl_ms`, or
    all changes until `ttl_ms` ago are known (see `follow`) and did not affect them. Concurrent callers share one load.
    """

    def __init__(self, load: Load, clock: Clock, telemetry: Telemetry, *, ttl_ms: int, capacity: int = 1024) -> None:
        self._load = load
        self._clock = clock
        self._telemetry = telemetry
        self._ttl_ms = ttl_ms
        self._capacity = capacity
        self._slots: dict[_SlotKey, _Slot] = {}
        self._segmented: defaultdict[LadderIds, set[_SlotKey]] = defaultdict(set)
        self.hits = self.misses = 0
        self._followed_from = 0
        self._followed_until = 0

    async def get(self, ladder: Ladder, limit: int) -> Page:
        """Return the first entries of the ladder: `limit` entries or more, or all entries if the ladder has fewer."""
        slot = self._slot(ladder, limit)
        # A load that seems to begin in the future began before the clock was set back.
        if slot.top is not None and slot.began <= self._clock() < self._valid_until(slot):
            self.hits += 1
            self._telemetry.count("top_cache", result="hit")
            return slot.top.page
        self.misses += 1
        self._telemetry.count("top_cache", result="miss")
        return (await self._load_clean(slot, _size(limit))).page

    async def until_invalidated(self, ladder: Ladder, limit: int) -> None:
        """Wait until the cached entries are invalidated. Return at once if they were invalidated after their load."""
        await self._slot(ladder, limit).invalidated.wait()

    def follow(self, since: int, until: int) -> None:
        """Record that `invalidate` was called for every change from `since` to `until` (ms)."""
        self._followed_from = since
        self._followed_until = until

    def invalidate(self, change: LadderChange) -> None:
        """Invalidate the tops whose entries this change affects. Let a top expire if only its total may differ."""
        for slot in self._slots_of(change):
            slot.best = change.best if slot.best is None else min(change.best, slot.best)
            slot.grown |= change.grown
            if slot.top is not None and slot.top.is_changed_by(change.best):
                slot.invalidate()
            elif change.grown:
                # The entries are unchanged. The total may become stale, within the limit of `ttl_ms`.
                slot.until, slot.followed = self._valid_until(slot), False

    def _slots_of(self, change: LadderChange) -> list[_Slot]:
        board_id, period = change.board_id, change.period
        if board_id is not None and period is not None:
            keys: list[_SlotKey] = [(board_id, period, None, None, size) for size in SIZES]
            if (board_id, period) in self._segmented:
                # A change of the board may have changed each of its segments.
                keys += self._segmented[board_id, period]
            return [self._slots[key] for key in keys if key in self._slots]
        return [slot for slot in self._slots.values() if board_id in (None, slot.ladder.board.id)]

    def _valid_until(self, slot: _Slot) -> int:
        if not slot.followed or slot.began < self._followed_from:
            return slot.until
        return max(slot.until, min(self._followed_until + self._ttl_ms, slot.began + TOP_LIMIT_MS))

    def _slot(self, ladder: Ladder, limit: int) -> _Slot:
        key = (ladder.board.id, ladder.period, ladder.segment, ladder.at, _size(limit))
        slot = self._slots.get(key)
        if slot is None or slot.ladder != ladder:  # a change of the board's settings may have changed the entries
            if len(self._slots) >= self._capacity:
                self._evict(next(iter(self._slots)))
            slot = self._slots[key] = _Slot(ladder)
            if ladder.segment is not None:
                self._segmented[ladder.board.id, ladder.period].add(key)
        return slot

    def _evict(self, key: _SlotKey) -> None:
        del self._slots[key]
        of_ladder = key[0], key[1]
        if key[2] is not None:
            self._segmented[of_ladder].discard(key)
            if not self._segmented[of_ladder]:
                del self._segmented[of_ladder]

    async def _load_clean(self, slot: _Slot, size: int) -> Top:
        """Load the top. Load it again if an update has changed its entries meanwhile, up to `_ATTEMPTS` loads in all.

        Return the result.
        """
        # A result whose load began before this call counts as cached: it may lack updates that were acknowledged
        # between the start of the load and this call.
        is_joined = slot.loading is not None
        for _ in range(_ATTEMPTS):
            if slot.loading is None:
                slot.loading = asyncio.get_running_loop().create_task(self._fill(slot, size))
            # Shield the load, because the cancellation of one caller must not end the load of the others.
            top, clean = await asyncio.shield(slot.loading)
            if clean:
                break
            is_joined = False
        return _as_cached(top) if is_joined else top

    async def _fill(self, slot: _Slot, size: int) -> tuple[Top, bool]:
        """Load the top, and cache it if no update changed its entries during the load.

        Return the top, and whether it was cached.
        """
        # Forget the updates noted so far: the result will contain them. The result may lack later updates.
        slot.best, slot.grown = None, False
        began = self._clock()
        try:
            top = await self._load(slot.ladder, size)
        finally:
            slot.loading = None
        clean = slot.best is None or not top.is_changed_by(slot.best)
        if clean:
            self._store(slot, top, began)
        return top, clean

    def _store(self, slot: _Slot, top: Top, began: int) -> None:
        is_from_index = top.page.source is Source.INDEX
        slot.top = _as_cached(top)
        slot.began = began
        slot.until = began + self._ttl_ms
        slot.followed = is_from_index and not slot.grown
        slot.invalidated.clear()


def _as_cached(top: Top) -> Top:
    # An answer from the store keeps its source, because clients must see that the index was not used.
    if top.page.source is not Source.INDEX:
        return top
    return replace(top, page=replace(top.page, source=Source.CACHE))


def _size(limit: int) -> int:
    return next(size for size in SIZES if size >= limit)
