"""Live boards: one refresh serves all listeners of a process, and all of them receive the same bytes."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Hashable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from leaderforge.domain.errors import NotFound, TooManyListeners, Unavailable
from leaderforge.ports.telemetry import Telemetry

HEARTBEAT_S = 15.0
"""Maximum time without a message on a connection, in s."""

_LOOK_S = 0.5
"""Maximum time between two refreshes without a change notification, in s. Reading the cache is cheap."""
_SPACING_S = 0.2
"""Minimum time between two updates of listeners, in s. One update contains all changes in this time."""


@dataclass(frozen=True, slots=True)
class ViewState:
    """Content of a view as sent to listeners. `id` identifies the content, in every process and at any time."""

    id: str
    message: bytes


class View(Protocol):
    """Source of states that listeners watch."""

    async def load(self) -> ViewState:
        """Return the current state. Its `id` changes only with its content. Raises `NotFound` if the view is gone."""
        ...

    async def until_changed(self) -> None:
        """Wait until the state may have changed."""
        ...


class _Watch:
    """View and its listeners. Each listener gets the newest state only.

    A slow listener therefore skips states, and memory stays bounded.
    """

    def __init__(self, view: View, first: ViewState, telemetry: Telemetry) -> None:
        self.listeners = 0
        self.over = False
        self.state = first
        self.news = asyncio.Event()
        self._view = view
        self._telemetry = telemetry
        self._woken_at = monotonic()
        self._refreshing = asyncio.get_running_loop().create_task(self._refresh_repeatedly())

    def end(self) -> None:
        """Disconnect all listeners."""
        self._refreshing.cancel()
        self._disconnect()

    async def _refresh_repeatedly(self) -> None:
        try:
            with suppress(NotFound):
                while True:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_LOOK_S):
                            await self._view.until_changed()
                    await self._refresh()
                    # Wait for further changes, because listeners need only one update for a burst of changes.
                    await asyncio.sleep(_SPACING_S)
        finally:
            self._disconnect()

    async def _refresh(self) -> None:
        try:
            state = await self._view.load()
        except Unavailable:
            # During an outage, listeners keep the last state. Heartbeats keep their connections open.
            state = self.state
        if state.id != self.state.id:
            self.state = state
            self._telemetry.count("stream_updates")
            self._wake()
        elif monotonic() - self._woken_at >= HEARTBEAT_S:
            self._wake()

    def _disconnect(self) -> None:
        self.over = True
        self._wake()

    def _wake(self) -> None:
        self._woken_at = monotonic()
        # Replace the event, and do not clear it: a listener that has not run yet would miss a cleared event.
        news, self.news = self.news, asyncio.Event()
        news.set()


class Hub:
    """Live listeners of a process: at most `most`, and at most `most_an_address` of one address."""

    def __init__(self, telemetry: Telemetry, *, most: int, most_an_address: int = 0) -> None:
        """Set the limits. `most_an_address=0` sets no limit for an address."""
        self._telemetry = telemetry
        self._most = most
        self._most_an_address = most_an_address
        self._listeners = 0
        self._by_address: Counter[str] = Counter()
        self._watches: dict[Hashable, _Watch] = {}
        self._closed = False

    async def listen(
        self, key: Hashable, view: View, last_id: str = "", *, address: str = ""
    ) -> AsyncGenerator[ViewState | None, None]:
        """Yield the state of the view, now and after each change. Yield None as a heartbeat.

        The listener counts against the limit of `address`. An empty address has no limit.

        Views of one key must show the same content. The state with `last_id` is not sent again. The iteration ends when
        the hub closes or the view is gone. Raises `TooManyListeners`, and the exceptions of the first `load`.
        """
        self._require_room(address)
        self._count(address, 1)
        try:
            watch = await self._join(key, view)
            try:
                async for state in _states(watch, last_id):
                    yield state
            finally:
                self._leave(key, watch)
        finally:
            self._count(address, -1)

    def open(self) -> None:
        """Accept listeners. This also reopens a closed hub."""
        self._closed = False

    def close(self) -> None:
        """Disconnect all listeners and refuse new listeners."""
        self._closed = True
        for watch in self._watches.values():
            watch.end()
        self._watches.clear()

    def _require_open(self) -> None:
        if self._closed:
            raise Unavailable("the service is shutting down; connect again shortly")

    def _require_room(self, address: str) -> None:
        self._require_open()
        if address and 0 < self._most_an_address <= self._by_address[address]:
            raise TooManyListeners(
                f"this address has {self._most_an_address} listeners here, its maximum; close some, or poll"
            )
        if self._listeners >= self._most:
            raise TooManyListeners(f"this process has {self._most} listeners, its maximum; try again shortly, or poll")

    def _count(self, address: str, change: int) -> None:
        self._listeners += change
        if address:
            self._by_address[address] += change
            if not self._by_address[address]:
                del self._by_address[address]
        self._telemetry.gauge("stream_listeners", self._listeners)

    async def _join(self, key: Hashable, view: View) -> _Watch:
        if key not in self._watches:
            first = await view.load()
            self._require_open()
            if key not in self._watches:  # another listener may have created the watch during the load
                self._watches[key] = _Watch(view, first, self._telemetry)
        watch = self._watches[key]
        watch.listeners += 1
        return watch

    def _leave(self, key: Hashable, watch: _Watch) -> None:
        watch.listeners -= 1
        # After `close`, the key may belong to another watch. Do not end that watch.
        if self._watches.get(key) is watch and (watch.over or not watch.listeners):
            del self._watches[key]
            watch.end()


async def _states(watch: _Watch, last_id: str) -> AsyncGenerator[ViewState | None, None]:
    while not watch.over:
        # Take the event before reading the state. A change after the reading then sets this event and is not lost.
        news, state = watch.news, watch.state
        yield None if state.id == last_id else state
        last_id = state.id
        await news.wait()
