"""Detection of lasting differences between store and index. Updates in flight cause differences that do not last."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from leaderforge.domain.boards import Ladder
from leaderforge.ports.index import RankIndex
from leaderforge.ports.scores import ScoreStore

T = TypeVar("T")

RETRY_S = 0.2
"""Time between checks, in s. An update in flight reaches the index within a few checks."""

_RECHECKS = 10
_MAX_IN_FLIGHT = 10_000
"""Assumed maximum number of updates in flight. If more standings differ, regard all of them as lasting differences."""


async def lasting(suspects: Sequence[T], recheck: Callable[[Sequence[T]], Awaitable[Sequence[T]]]) -> Sequence[T]:
    """Return the suspects that differ in all of several checks.

    `recheck` returns the given suspects that differ at the time of the call.
    """
    for _ in range(_RECHECKS):
        if not 0 < len(suspects) <= _MAX_IN_FLIGHT:
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
