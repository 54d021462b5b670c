"""Pending index updates. After an outage, the index receives them before it answers any read."""

from uuid import UUID

import pytest

from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.players import Player
from leaderforge.domain.standings import Standing
from leaderforge.ports.index import LadderUpdate
from leaderforge.services.names import NameSync
from leaderforge.services.pending import PendingUpdates

LADDER = Ladder(Board(1, "default", "Default"))


def standing(user_id: int, revision: int = 1) -> Standing:
    return Standing(user_id, revision, 0, UUID(int=user_id), None, True, 1, revision)


def store() -> MemoryScoreStore:
    return MemoryScoreStore(MemoryPlayerStore())


def update(*standings: Standing) -> LadderUpdate:
    return LadderUpdate(LADDER, standings)


@pytest.fixture
async def index() -> MemoryIndex:
    made = MemoryIndex(partitions=2)
    await made.finish_rebuild(await made.begin_rebuild([LADDER], [0, 1]), [0, 1], 1)
    return made


@pytest.fixture
def names(index: MemoryIndex) -> NameSync:
    return NameSync(index, MemoryPlayerStore())


async def test_the_newest_of_what_was_missed_is_applied_once(index: MemoryIndex, names: NameSync) -> None:
    pending = PendingUpdates()
    pending.add([update(standing(1, revision=2), standing(2))])
    pending.add([update(standing(1, revision=1))])
    assert pending
    assert await pending.deliver(index, store(), names) == ({LADDER}, False)
    assert not pending
    assert await index.differences(LADDER, [standing(1, revision=2), standing(2)]) == []
    await index.begin_rebuild([LADDER], [0, 1])
    await pending.deliver(index, store(), names)
    assert sorted(await index.differences(LADDER, [standing(1, revision=2), standing(2)])) == [1, 2]


async def test_an_index_that_missed_too_much_awaits_its_rebuild(index: MemoryIndex, names: NameSync) -> None:
    pending = PendingUpdates(limit=2)
    pending.add([update(*(standing(i) for i in range(3)))])
    await pending.deliver(index, store(), names)
    assert list(await index.watermarks()) == [None, None]
    with pytest.raises(IndexUnavailable):
        await index.counts(LADDER, [])


async def test_names_are_delivered_as_the_store_has_them_by_then(index: MemoryIndex) -> None:
    users = MemoryPlayerStore()
    await users.create([Player(1, "Ada", None, 0)])
    await index.add_names({1: "old", 2: "erased"})
    pending = PendingUpdates()
    pending.add_names([1, 2, 3])
    assert await pending.deliver(index, MemoryScoreStore(users), NameSync(index, users)) == (set(), True)
    assert await index.names([1, 2, 3]) == {1: "Ada"}
