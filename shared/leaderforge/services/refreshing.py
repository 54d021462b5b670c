"""Cache that refreshes its values in the background (stale-while-revalidate)."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Generic, TypeVar

from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.timing import KEYS_FRESH_MS, KEYS_PATIENCE_MS, KEYS_STALE_MS

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


@dataclass(slots=True)
class _Slot(Generic[ValueT]):
    """Cached value with its due times, in s of the cache's clock."""

    value: ValueT
    loaded_at: float
    refresh_at: float
    wait_at: float


class RefreshingCache(Generic[KeyT, ValueT]):
    """Values by key, loaded on first use and refreshed while they are in use.

    A value is fresh for `fresh_s` seconds after the start of its load. The first `get` after that starts a refresh and
    still returns the cached value. After `stale_s` seconds `get` waits for the refresh, but at most `patience_s`
    seconds. If the source does not answer in time, `get` returns the cached value. During the next `fresh_s` seconds,
    `get` does not wait again.

    A failed refresh is retried after `fresh_s` seconds. A missing value (None) is not cached. `load` may run
    concurrently with itself. The result of the latest load of a key is cached, and the results of earlier loads are
    discarded.
    """

    def __init__(
        self,
        load: Callable[[KeyT], Awaitable[ValueT | None]],
        *,
        fresh_s: float,
        stale_s: float,
        patience_s: float,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._load = load
        self._fresh_s = fresh_s
        self._stale_s = stale_s
        self._patience_s = patience_s
        self._now = now
        self._slots: dict[KeyT, _Slot[ValueT]] = {}
        self._loads: dict[KeyT, tuple[asyncio.Task[ValueT | None], float]] = {}

    def fresh(self, key: KeyT) -> ValueT | None:
        """Return the cached value if it is fresh, None otherwise.

        Hot paths call this method first, because it creates no coroutine.
        """
        slot = self._slots.get(key)
        return slot.value if slot is not None and self._now() < slot.loaded_at + self._fresh_s else None

    async def get(self, key: KeyT) -> ValueT | None:
        """Return the value, None if there is none. Raises the load's error only if no value is cached."""
        slot = self._slots.get(key)
        now = self._now()
        if slot is None:
            return await self._load_now(key, now)
        if now >= slot.refresh_at:
            slot.refresh_at = now + self._fresh_s
            self._loading(key, now)
        if now >= slot.wait_at and key in self._loads:
            value = await self.get_refreshed(key)
            return await self._load_now(key, now) if value is None else value
        return slot.value

    async def get_current(self, key: KeyT) -> ValueT | None:
        """Return the value, at most `stale_s` seconds old. Raises the load's error if the cached value is older."""
        slot = self._slots.get(key)
        now = self._now()
        if slot is not None and now - slot.loaded_at >= self._stale_s:
            return await self._load_now(key, now)
        return await self.get(key)

    async def get_limited(self, key: KeyT) -> ValueT | None:
        """Return the value as `get` does, but wait at most `patience_s` seconds for the first load.

        Return None if there is no cached value by then, also after a failed load. A hanging source can therefore not
        delay every request.
        """
        return await (self.get(key) if key in self._slots else self.get_refreshed(key))

    async def get_refreshed(self, key: KeyT) -> ValueT | None:
        """Wait at most `patience_s` seconds for the first load or a load in flight. Then return the cached value.

        Return None if there is no cached value, also after a failed load.
        """
        if key in self._loads or key not in self._slots:
            await asyncio.wait([self._loading(key, self._now())], timeout=self._patience_s)
            slot = self._slots.get(key)
            # A load that succeeded has replaced the slot. Otherwise the old value is still in the slot, and later calls
            # would wait again. For `fresh_s` seconds, let these calls return the old value without a wait.
            if slot is not None and (now := self._now()) >= slot.wait_at:
                slot.wait_at = now + self._fresh_s
        slot = self._slots.get(key)
        return None if slot is None else slot.value

    def invalidate(self, key: KeyT) -> None:
        """Mark the value as unusable. The next `get` then waits for a load that starts after this call."""
        self._slots.pop(key, None)
        self._loads.pop(key, None)

    def expire(self, key: KeyT) -> None:
        """Mark the value as stale. The next `get` returns it only if a refresh fails."""
        self._loads.pop(key, None)
        if key in self._slots:
            slot = self._slots[key]
            slot.loaded_at = slot.refresh_at = slot.wait_at = float("-inf")

    async def _load_now(self, key: KeyT, now: float) -> ValueT | None:
        """Return the source's current value.

        If a load was in flight and finds no value, load again: that load may have begun before the value was created.
        """
        was_loading = key in self._loads
        # Shield the load, because the cancellation of one caller must not end the load of the others.
        value = await asyncio.shield(self._loading(key, now))
        if value is None and was_loading:
            value = await asyncio.shield(self._loading(key, self._now()))
        return value

    def _loading(self, key: KeyT, now: float) -> asyncio.Task[ValueT | None]:
        """Return the load in flight, or start one.

        Replace a load that has been in flight for `stale_s` seconds: it is stuck, or this process was frozen.
        """
        load = self._loads.get(key)
        if load is None or now - load[1] >= self._stale_s:
            task = asyncio.get_running_loop().create_task(self._run(key, now))
            task.add_done_callback(partial(self._end, key))
            load = self._loads[key] = (task, now)
        return load[0]

    async def _run(self, key: KeyT, began: float) -> ValueT | None:
        value = await self._load(key)
        load = self._loads.get(key)
        if load is not None and load[0] is asyncio.current_task():
            if value is None:
                self._slots.pop(key, None)
            else:
                # Count the age from the start of the load, because the source may have changed during the load.
                self._slots[key] = _Slot(value, began, began + self._fresh_s, began + self._stale_s)
        return value

    def _end(self, key: KeyT, task: asyncio.Task[ValueT | None]) -> None:
        load = self._loads.get(key)
        if load is not None and load[0] is task:
            del self._loads[key]
        # Expected errors need no log: each caller returns a cached value, or raises the error.
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, LeaderForgeError):
            task.get_loop().call_exception_handler({"message": "a cache refresh failed", "exception": error})


def keys_cache(
    load: Callable[[KeyT], Awaitable[ValueT | None]], now: Callable[[], float]
) -> RefreshingCache[KeyT, ValueT]:
    """Return a cache with the time limits for keys: every process must refuse a retired key in time."""
    return RefreshingCache(
        load, fresh_s=KEYS_FRESH_MS / 1000, stale_s=KEYS_STALE_MS / 1000, patience_s=KEYS_PATIENCE_MS / 1000, now=now
    )
