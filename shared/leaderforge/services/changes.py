"""Invalidation of caches in all processes, over the change feed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, suppress

from leaderforge.domain.boards import Ladder
from leaderforge.domain.changes import Heard, LadderChange
from leaderforge.domain.errors import Unavailable
from leaderforge.domain.timing import ANNOUNCED_WITHIN_MS, ANNOUNCEMENT_SPACING_MS
from leaderforge.ports.changes import ChangeFeed
from leaderforge.ports.clock import Clock
from leaderforge.ports.index import Applied
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.top import TopCache

_SPACING_S = ANNOUNCEMENT_SPACING_MS / 1000
_RETRY_S = 0.5
"""Pause before a lost subscription is renewed, in s."""
_SETTLING_S = 1.0
"""Time limit of `settle`, in s."""
_MOST = 10_000
"""Maximum number of changes that wait for their announcement. With more, one change of all ladders replaces them."""


class Changes:
    """Invalidation of this process's cached tops, and announcement of changes to the other processes.

    Announcements do not delay updates. A background task sends them in batches, at most ten times a second. The task
    retries until the feed accepts the announcements.
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
        self._identities: dict[int | str, None] = {}
        self._on_identities: Callable[[Sequence[int | str]], None] = lambda _: None
        self._pending: dict[tuple[int | None, int | None], LadderChange] = {}
        self._announcing: asyncio.Task[None] | None = None
        self._sending = asyncio.Lock()

    def note_applied(self, ladder: Ladder, applied: Sequence[Applied]) -> None:
        """Discard the cached tops that an update of the index changed, and announce the change.

        `applied` has the old and the new sort keys of the changed entries.
        """
        if applied:
            # Take the better of the old and the new key, because a player who falls out of a cached top also changes
            # that top.
            previous = [a.previous for a in applied if a.previous is not None]
            best = min([*previous, *[a.key for a in applied]])
            grown = len(previous) < len(applied)
            self._note(LadderChange(best, grown, ladder.board.id, ladder.period))

    def discard_ladder(self, ladder: Ladder) -> None:
        """Discard the cached tops of a ladder and announce the change, because any of its entries may have changed."""
        self._note(LadderChange(board_id=ladder.board.id, period=ladder.period))

    def note_repair(self, ladder: Ladder | None) -> None:
        """Discard the cached tops of a repaired ladder, and announce the repair. None stands for repaired names."""
        if ladder is None:
            self.discard_all()
        else:
            self.discard_ladder(ladder)

    def discard_board(self, board_id: int) -> None:
        """Discard the cached tops of a board and announce the change, for example after a change of its settings."""
        self._note(LadderChange(board_id=board_id))

    def discard_all(self) -> None:
        """Discard all cached tops and announce the change, for example after a player was renamed."""
        self._note(LadderChange())

    def on_players(self, callback: Callable[[Sequence[int | str]], None]) -> None:
        """Set the callback for ids and external ids of players that any process changed or erased."""
        self._on_identities = callback

    def note_players(self, identities: Sequence[int | str]) -> None:
        """Call the callback for players that were changed or erased, and announce their ids and external ids."""
        self._on_identities(identities)
        # Above the limit, announce no further players. Other processes then use stale players until their TTL ends.
        if len(self._identities) < _MOST:
            self._identities |= dict.fromkeys(identities)
            self._start_announcing()

    async def settle(self) -> None:
        """Announce all waiting changes, or give up after `_SETTLING_S` seconds."""
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(_SETTLING_S):
                await self._flush()

    async def close(self) -> None:
        """Announce all waiting changes within `_SETTLING_S` seconds if possible. Then stop the announcements."""
        await self.settle()
        if self._announcing is not None:
            self._announcing.cancel()
            await asyncio.wait([self._announcing])

    async def follow(self) -> None:
        """Receive changes of other processes until cancelled. Meanwhile, unchanged tops stay valid beyond their TTL."""
        while True:
            try:
                async with aclosing(self._feed.hear(self._clock)) as messages:
                    # Tops loaded before `since` may lack changes that were announced while there was no subscription.
                    # Only tops that are loaded later may therefore outlive their TTL.
                    since = (await anext(messages)).until or 0
                    self._telemetry.gauge("change_feed_connected", 1)
                    async for message in messages:
                        await self._receive(message, since)
            except Unavailable:
                self._telemetry.count("change_feed_failures")
            finally:
                self._telemetry.gauge("change_feed_connected", 0)
            await asyncio.sleep(_RETRY_S)

    async def _receive(self, message: Heard, since: int) -> None:
        for change in message.changes:
            self._tops.invalidate(change)
        if message.identities:
            self._on_identities(message.identities)
        # Do not extend tops while the index is not believed: a process with pending updates may be unable to announce
        # its changes.
        if message.until is not None and await self._index_is_believed():
            self._tops.follow(since, message.until - ANNOUNCED_WITHIN_MS)

    def _note(self, change: LadderChange) -> None:
        self._tops.invalidate(change)
        self._pend(change)
        self._start_announcing()

    def _start_announcing(self) -> None:
        if self._announcing is None:
            self._announcing = asyncio.get_running_loop().create_task(self._announce())

    def _pend(self, change: LadderChange) -> None:
        """Queue a change for the next announcement. Changes of one ladder become one change."""
        key = (change.board_id, change.period)
        previous = self._pending.get(key)
        if previous is not None:
            change = LadderChange(min(previous.best, change.best), previous.grown or change.grown, *key)
        elif len(self._pending) >= _MOST:
            self._pending.clear()
            key, change = (None, None), LadderChange()
        self._pending[key] = change

    async def _flush(self) -> None:
        async with self._sending:
            pending, self._pending = self._pending, {}
            identities, self._identities = self._identities, {}
            if not pending and not identities:
                return
            try:
                await self._feed.announce(list(pending.values()), list(identities))
            except BaseException:
                # Queue the changes again, also after a cancellation, because they may not have been sent.
                for change in pending.values():
                    self._pend(change)
                self._identities |= identities
                raise
            self._telemetry.count("changes_announced", len(pending))

    async def _announce(self) -> None:
        try:
            while self._pending or self._identities:
                try:
                    await self._flush()
                except Unavailable:
                    self._telemetry.count("announcements_failed")
                await asyncio.sleep(_SPACING_S)
        finally:
            self._announcing = None
