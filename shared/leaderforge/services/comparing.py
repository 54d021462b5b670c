"""Telling what differs between store and index from what is only on its way."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from leaderforge.domain.boards import Ladder
from leaderforge.ports.index import RankIndex
from leaderforge.ports.scores import ScoreStore

T = TypeVar("T")

RETRY_S = 0.2
"""How long what is on its way into the index is given before it is looked at again."""

_RECHECKS = 10
_ON_THEIR_WAY = 10_000
"""More than so many are not on their way: they are lost."""


async def lasting(suspects: Sequence[T], look_again: Callable[[Sequence[T]], Awaitable[Sequence[T]]]) -> Sequence[T]:
    """Return those of the suspects that remain when looked at again a few times."""
    for _ in range(_RECHECKS):
        if not 0 < len(suspects) <= _ON_THEIR_WAY:
            break
        await asyncio.sleep(RETRY_S)
        suspects = await look_again(suspects)
    return suspects


async def still_different(
    store: ScoreStore, index: RankIndex, ladder: Ladder, user_ids: Sequence[int]
) -> Sequence[int]:
    """Return those of the players whose standings still differ when looked at again a few times."""

    async def look_again(suspects: Sequence[int]) -> Sequence[int]:
        return await index.differences(ladder, await store.standings(ladder, suspects))

    return await lasting(user_ids, look_again)
