"""The change feed."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from leaderforge.domain.changes import Heard, LadderChange
from leaderforge.ports.clock import Clock


class ChangeFeed(Protocol):
    """How processes tell one another which ladders changed. Nothing is kept: who does not listen misses it."""

    async def announce(self, changes: Sequence[LadderChange]) -> None:
        """Tell every process that listens."""
        ...

    def hear(self, clock: Clock) -> AsyncGenerator[Heard, None]:
        """Yield what is announced through other feeds, and several times a second until when that is everything.

        The first one yielded has no changes; everything after its `until` is heard. Raises `IndexUnavailable` as soon
        as something might have been missed.
        """
        ...
