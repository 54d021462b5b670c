"""Change feed."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from leaderforge.domain.changes import Heard, LadderChange
from leaderforge.ports.clock import Clock


class ChangeFeed(Protocol):
    """Pub/sub channel for changed ladders and players. It stores no messages for processes without a subscription."""

    async def announce(self, changes: Sequence[LadderChange], identities: Sequence[int | str] = ()) -> None:
        """Send changes of ladders, and ids of changed players, to all subscribers. Raises `IndexUnavailable`."""
        ...

    def hear(self, clock: Clock) -> AsyncGenerator[Heard, None]:
        """Yield changes that other processes announce.

        The first item has no changes. All changes that are announced from the `until` of this item on will be yielded.
        Later, several items a second have an `until`: all changes announced up to that time were yielded. Raises
        `IndexUnavailable` as soon as a change may have been missed.
        """
        ...
