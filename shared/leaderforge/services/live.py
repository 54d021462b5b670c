"""Live boards: one look for all listeners of a process, and the same bytes for each of them."""

import asyncio
from collections.abc import AsyncGenerator, Hashable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from leaderforge.domain.errors import NotFound, TooManyListeners, Unavailable
from leaderforge.ports import Telemetry

HEARTBEAT_S = 15.0
"""How long a listener goes without a sign that it is still connected."""

_LOOK_S = 0.5
"""How often to look though nothing was heard of a change; a look at what is cached costs nothing."""
_SPACING_S = 0.2
"""How long changes are collected after one was shown."""


@dataclass(frozen=True, slots=True)
class State:
    """What a view shows, as it is sent. `id` tells content from other content, in any process and at any time."""

    id: str
    message: bytes


class View(Protocol):
    """Something that listeners watch."""

    async def load(self) -> State:
        """Return what it shows now; the same state while that is the same. Raises `NotFound` once it is gone."""
        ...

    async def until_changed(self) -> None:
        """Return when it may show something else than it last did."""
        ...


class _Watch:
    """One view and all who watch it. Each holds on to the newest state only, however slowly it takes it."""

    def __init__(self, view: View, first: State, telemetry: Telemetry) -> None:
        self.listeners = 0
        self.over = False
        self.state = first
        self.news = asyncio.Event()
        self._view = view
        self._telemetry = telemetry
        self._woken_at = monotonic()
        self._looking = asyncio.get_running_loop().create_task(self._look())

    def end(self) -> None:
        """Let all listeners go."""
        self._looking.cancel()
        self._dismiss()

    async def _look(self) -> None:
        try:
            with suppress(NotFound):
                while True:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_LOOK_S):
                            await self._view.until_changed()
                    await self._renew()
                    await asyncio.sleep(_SPACING_S)
        finally:
            self._dismiss()

    async def _renew(self) -> None:
        try:
            state = await self._view.load()
        except Unavailable:
            state = self.state
        if state.id != self.state.id:
            self.state = state
            self._telemetry.count("stream_updates")
            self._wake()
        elif monotonic() - self._woken_at >= HEARTBEAT_S:
            self._wake()

    def _dismiss(self) -> None:
        self.over = True
        self._wake()

    def _wake(self) -> None:
        self._woken_at = monotonic()
        news, self.news = self.news, asyncio.Event()
        news.set()


class Hub:
    """The listeners of a process, at most `most` of them."""

    def __init__(self, telemetry: Telemetry, *, most: int) -> None:
        self._telemetry = telemetry
        self._most = most
        self._listeners = 0
        self._watches: dict[Hashable, _Watch] = {}
        self._closed = False

    async def listen(self, key: Hashable, view: View, last_id: str = "") -> AsyncGenerator[State | None, None]:
        """Yield what the view shows, now and after each change; None where there is only a sign of life to give.

        Views of one key must show the same. The state with `last_id` counts as known. Ends when the hub is closed or
        there is nothing to show any more. Raises `TooManyListeners`, and what the first look at the view raises.
        """
        self._require_room()
        self._count(1)
        try:
            watch = await self._join(key, view)
            try:
                async for state in _shown(watch, last_id):
                    yield state
            finally:
                self._leave(key, watch)
        finally:
            self._count(-1)

    def open(self) -> None:
        """Take listeners, also after a `close`."""
        self._closed = False

    def close(self) -> None:
        """Let all listeners go and take no more."""
        self._closed = True
        for watch in self._watches.values():
            watch.end()
        self._watches.clear()

    def _require_open(self) -> None:
        if self._closed:
            raise Unavailable("the service is being stopped; connect again shortly")

    def _require_room(self) -> None:
        self._require_open()
        if self._listeners >= self._most:
            raise TooManyListeners(f"there are {self._most} listeners here already; try again shortly, or poll")

    def _count(self, more: int) -> None:
        self._listeners += more
        self._telemetry.gauge("stream_listeners", self._listeners)

    async def _join(self, key: Hashable, view: View) -> _Watch:
        if key not in self._watches:
            first = await view.load()
            self._require_open()
            if key not in self._watches:  # by now
                self._watches[key] = _Watch(view, first, self._telemetry)
        watch = self._watches[key]
        watch.listeners += 1
        return watch

    def _leave(self, key: Hashable, watch: _Watch) -> None:
        watch.listeners -= 1
        if self._watches.get(key) is watch and (watch.over or not watch.listeners):
            del self._watches[key]
            watch.end()


async def _shown(watch: _Watch, last_id: str) -> AsyncGenerator[State | None, None]:
    while not watch.over:
        # In this order: what comes while a listener takes its state is news.
        news, state = watch.news, watch.state
        yield None if state.id == last_id else state
        last_id = state.id
        await news.wait()
