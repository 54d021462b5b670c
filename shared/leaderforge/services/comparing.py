"""Detection of lasting differences between store and index. Updates in flight cause differences that do not last."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from leaderforge.domain.boards import Ladder
from leaderforge.ports.index import RankIndex
from leaderforge.ports.scores import ScoreStore

T = TypeVar("T")

RETRY_S = 0.2
"""Time between checks, in s. An update in flight reaches the index within a few checks."""

_RECHECKS = 10
MAX_IN_FLIGHT = 10_000
"""Assumed maximum number of updates in flight. If more standings differ, regard all of them as lasting differences."""


@dataclass(slots=True)
class Suspects(Generic[T]):
    """Possible differences. After the loss of an index, every standing differs. Memory must not grow with their number.

    Therefore only the first ones are `listed`, and `unlisted` is the number of others. If there are others, more than
    `MAX_IN_FLIGHT` are listed, and `lasting` takes all of them for lasting differences.
    """

    listed: list[T] = field(default_factory=list)
    unlisted: int = 0

    def add(self, suspects: Sequence[T]) -> None:
        """Add possible differences."""
        room = MAX_IN_FLIGHT + 1 - len(self.listed)
        self.listed += suspects[:room]
        self.unlisted += max(0, len(suspects) - room)


async def lasting(suspects: Sequence[T], recheck: Callable[[Sequence[T]], Awaitable[Sequence[T]]]) -> Sequence[T]:
    """Return the suspects that differ in all of several checks.

    `recheck` returns the given suspects that differ at the time of the call.
    """
    for _ in range(_RECHECKS):
        if not 0 < len(suspects) <= MAX_IN_FLIGHT:
            break
        await asyncio.sleep(RETRY_S)
        suspects = await recheck(suspects)
    return suspects


async def still_different(
    store: ScoreStore, index: RankIndex, ladder: Ladder, user_ids: Sequence[int]
) -> Sequence[int]:
    """Return the players whose standings still differ after several checks."""

    async def recheck(suspects: Sequence[int]) -> Sequence[int]:
        return await index.differences(ladder, await store.standings(ladder, suspects))

    return await lasting(user_ids, recheck)
