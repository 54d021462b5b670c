"""Notices for clients that follow the log."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from time import monotonic

from leaderforge.domain.errors import TooManyListeners, Unavailable
from leaderforge.domain.event_errors import EventsExpired
from leaderforge.domain.notice_log import Notice
from leaderforge.ports.notices import LogPage, NoticeStore

MAX_FOLLOWERS = 50
"""Maximum number of clients of a process that follow the log. Each client reads the log twice a second."""
HEARTBEAT_S = 15.0
"""Maximum time without a message on a connection, in s."""

_LOOK_S = 0.5
_AT_ONCE = 200
"""Positions of the log that one read covers. Not every position has a notice."""

NoticeFilter = Callable[[Notice], bool]


class NoticeFeed:
    """Followers of the log of notices, at most `most` in this process."""

    def __init__(self, notices: NoticeStore, *, most: int = MAX_FOLLOWERS) -> None:
        self._notices = notices
        self._most = most
        self._followers = 0
        self._closed = asyncio.Event()

    async def follow(self, after: int | None, admits: NoticeFilter) -> AsyncGenerator[LogPage, None]:
        """Yield the notices after a position, in order, as soon as they are in the log.

        Yield a page without notices as a heartbeat. From its position, a client of few notices can continue later.

        With `after` None, start at the present end of the log; with 0, at the oldest notice. The iteration ends when
        the feed is closed. Raises `EventsExpired` if the log has lost notices after the position, and
        `TooManyListeners`.
        """
        if self._closed.is_set():
            raise Unavailable("the service is shutting down; connect again shortly")
        if self._followers >= self._most:
            raise TooManyListeners(f"this process has {self._most} followers of events, its maximum; try again shortly")
        self._followers += 1
        try:
            position = await self._start(after)
            async for page in self._pages_after(position, admits):
                yield page
        finally:
            self._followers -= 1

    def open(self) -> None:
        """Accept followers. This also reopens a closed feed."""
        self._closed.clear()

    def close(self) -> None:
        """Disconnect all followers and refuse new followers."""
        self._closed.set()

    async def _start(self, after: int | None) -> int:
        """Return the position from which to follow. Raises `EventsExpired`."""
        bounds = await self._notices.bounds()
        if after is None:
            return bounds.newest
        if after and not bounds.before_oldest <= after <= bounds.newest:
            raise EventsExpired.of(after)
        return max(after, bounds.before_oldest)

    async def _pages_after(self, position: int, admits: NoticeFilter) -> AsyncGenerator[LogPage, None]:
        beat_at = monotonic()  # already due, because the first yield begins the response
        while not self._closed.is_set():
            try:
                page = await self._notices.after(position, _AT_ONCE)
            except Unavailable:
                page = LogPage([], position)  # heartbeats keep the connection open during an outage
            admitted = [notice for notice in page.notices if admits(notice)]
            is_at_end = page.position < position + _AT_ONCE
            position = page.position
            if admitted or monotonic() >= beat_at:
                beat_at = monotonic() + HEARTBEAT_S
                yield LogPage(admitted, position)
            if is_at_end:
                await self._pause()

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_S):
                await self._closed.wait()
