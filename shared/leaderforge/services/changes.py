"""Keeping caches true: what one process changes, all hear about."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, suppress

from leaderforge.domain.boards import Ladder
from leaderforge.domain.changes import Heard, LadderChange
from leaderforge.domain.errors import Unavailable
from leaderforge.ports.changes import ChangeFeed
from leaderforge.ports.clock import Clock
from leaderforge.ports.index import Applied
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.top import TopCache

ANNOUNCED_WITHIN_MS = 200
"""How long a change may need from the index to the feed: what the feed confirms is known until so long ago."""

_SPACING_S = 0.1
_RETRY_S = 0.5
_SETTLING_S = 1.0
_MOST = 10_000


class Changes:
    """Drops what updates make old from this process's cache, and tells the other processes.

    Telling costs the update nothing: announcements leave by themselves, together, at most ten times a second, and
    again until the feed has taken them.
    """

    def __init__(
        self,
        feed: ChangeFeed,
        tops: TopCache,
        clock: Clock,
        telemetry: Telemetry,
        index_is_believed: Callable[[], Awaitable[bool]],
    ) -> None:
        self._feed = feed
        self._index_is_believed = index_is_believed
        self._tops = tops
        self._clock = clock
        self._telemetry = telemetry
        self._pending: dict[tuple[int | None, int | None], LadderChange] = {}
        self._announcing: asyncio.Task[None] | None = None
        self._talking = asyncio.Lock()

    def applied(self, ladder: Ladder, applied: Sequence[Applied]) -> None:
        """Take note of what the index has taken."""
        if applied:
            best = min(min(a.key, a.previous or a.key) for a in applied)
            grown = any(a.previous is None for a in applied)
            self._note(LadderChange(best, grown, ladder.board.id, ladder.period))

    def ladder(self, ladder: Ladder) -> None:
        """Take note that anything may have changed on a ladder."""
        self._note(LadderChange(board_id=ladder.board.id, period=ladder.period))

    def repaired(self, ladder: Ladder | None) -> None:
        """Take note that the index was brought up to date on a ladder or, with None, that names were."""
        if ladder is None:
            self.everything()
        else:
            self.ladder(ladder)

    def board(self, board_id: int) -> None:
        """Take note that anything may have changed on all ladders of a board: entries hidden, say, or its settings."""
        self._note(LadderChange(board_id=board_id))

    def everything(self) -> None:
        """Take note that anything may have changed anywhere: a player's name, say."""
        self._note(LadderChange())

    async def settle(self) -> None:
        """Return once everything noted is announced, if that can be done soon."""
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(_SETTLING_S):
                await self._flush()

    async def close(self) -> None:
        """Settle, and announce nothing any more."""
        await self.settle()
        if self._announcing is not None:
            self._announcing.cancel()
            await asyncio.wait([self._announcing])

    async def follow(self) -> None:
        """Hear what other processes announce, for ever, so that what is cached stays good for as long as it is true."""
        while True:
            try:
                async with aclosing(self._feed.hear(self._clock)) as hearing:
                    since = (await anext(hearing)).until or 0
                    self._telemetry.gauge("change_feed_connected", 1)
                    async for heard in hearing:
                        await self._hear(heard, since)
            except Unavailable:
                self._telemetry.count("change_feed_failures")
            finally:
                self._telemetry.gauge("change_feed_connected", 0)
            await asyncio.sleep(_RETRY_S)

    async def _hear(self, heard: Heard, since: int) -> None:
        for change in heard.changes:
            self._tops.touch(change)
        # A process that does not reach the index cannot announce what it committed either.
        if heard.until is not None and await self._index_is_believed():
            self._tops.follow(since, heard.until - ANNOUNCED_WITHIN_MS)

    def _note(self, change: LadderChange) -> None:
        self._tops.touch(change)
        self._pend(change)
        if self._announcing is None:
            self._announcing = asyncio.get_running_loop().create_task(self._announce())

    def _pend(self, change: LadderChange) -> None:
        key = (change.board_id, change.period)
        held = self._pending.get(key)
        if held is not None:
            change = LadderChange(min(held.best, change.best), held.grown or change.grown, *key)
        elif len(self._pending) >= _MOST:
            self._pending.clear()
            key, change = (None, None), LadderChange()
        self._pending[key] = change

    async def _flush(self) -> None:
        async with self._talking:
            pending, self._pending = self._pending, {}
            if not pending:
                return
            try:
                await self._feed.announce(list(pending.values()))
            except BaseException:
                for change in pending.values():
                    self._pend(change)
                raise
            self._telemetry.count("changes_announced", len(pending))

    async def _announce(self) -> None:
        try:
            while self._pending:
                try:
                    await self._flush()
                except Unavailable:
                    self._telemetry.count("announcements_failed")
                await asyncio.sleep(_SPACING_S)
        finally:
            self._announcing = None
