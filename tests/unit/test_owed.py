"""What an index has missed reaches it before it is read again."""

from uuid import UUID

import pytest

from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.redis.owed import Owed
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.standings import Standing

LADDER = Ladder(Board(1, "default", "Default"))


def standing(user_id: int, revision: int = 1) -> Standing:
    return Standing(user_id, revision, 0, UUID(int=user_id), None, True, 1, revision)


@pytest.fixture
async def index() -> MemoryIndex:
    made = MemoryIndex(partitions=2)
    await made.finish_rebuild(await made.begin_rebuild([LADDER], [0, 1]), [0, 1], 1)
    return made


async def test_the_newest_of_what_was_missed_is_applied_once(index: MemoryIndex) -> None:
    owed = Owed()
    owed.add(LADDER, [standing(1, revision=2), standing(2)])
    owed.add(LADDER, [standing(1, revision=1)])
    await owed.pay(index)
    assert await index.differences(LADDER, [standing(1, revision=2), standing(2)]) == []
    await index.begin_rebuild([LADDER], [0, 1])
    await owed.pay(index)
    assert sorted(await index.differences(LADDER, [standing(1, revision=2), standing(2)])) == [1, 2]


async def test_an_index_that_missed_too_much_awaits_its_rebuild(index: MemoryIndex) -> None:
    owed = Owed(most=2)
    owed.add(LADDER, [standing(i) for i in range(3)])
    await owed.pay(index)
    assert list(await index.watermarks()) == [None, None]
    with pytest.raises(IndexUnavailable):
        await index.counts(LADDER, [])
