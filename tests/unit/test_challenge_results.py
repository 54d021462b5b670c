"""Cache of the results of challenges: shared loads, failed loads, and eviction of the oldest results."""

from asyncio import gather
from collections.abc import Collection, Sequence

import pytest

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.challenge_store import MemoryChallengeStore
from leaderforge.adapters.memory.friend_store import MemoryFriendStore
from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.domain.boards import Board
from leaderforge.domain.challenges import Challenge
from leaderforge.domain.errors import StoreUnavailable
from leaderforge.domain.standings import Standing
from leaderforge.services.challenge_results import ChallengeResults

BOARD = Board(1, "default", "Default")


class CountingStore(MemoryChallengeStore):
    """Store that counts the scans of submissions."""

    scans = 0
    available = True

    async def standings(self, board: Board, challenge: Challenge, user_ids: Collection[int]) -> Sequence[Standing]:
        self.scans += 1
        if not self.available:
            raise StoreUnavailable("the database cannot be reached")
        return await super().standings(board, challenge, user_ids)


@pytest.fixture
def store() -> CountingStore:
    audit = MemoryAuditLog()
    users = MemoryPlayerStore(audit)
    scores = MemoryScoreStore(users)
    return CountingStore(scores, users, MemoryFriendStore(scores, users), audit)


def results_of(store: CountingStore, capacity: int = 2) -> ChallengeResults:
    return ChallengeResults(store, MemoryPlayerStore(MemoryAuditLog()), ttl_ms=1000, capacity=capacity)


def challenge(invitation: str) -> Challenge:
    return Challenge(invitation, BOARD.id, 0, 9000, 9000, 2)


async def test_concurrent_and_later_readers_share_a_load(store: CountingStore) -> None:
    results = results_of(store)
    await gather(*(results.get(BOARD, challenge("a"), now) for now in range(20)))
    await results.get(BOARD, challenge("a"), 999)
    assert store.scans == 1
    # Load the result again at its TTL (1000), and again when the clock is set back (500).
    for now in (1000, 500):
        await results.get(BOARD, challenge("a"), now)
    assert store.scans == 3


async def test_a_failed_load_is_not_cached(store: CountingStore) -> None:
    results = results_of(store)
    store.available = False
    with pytest.raises(StoreUnavailable):
        await results.get(BOARD, challenge("a"), 5)
    store.available = True
    assert (await results.get(BOARD, challenge("a"), 5)).user_ids == []


async def test_the_oldest_result_gives_way_at_the_capacity(store: CountingStore) -> None:
    results = results_of(store)
    for invitation in ("a", "b", "c", "b", "a"):
        await results.get(BOARD, challenge(invitation), 5)
    assert store.scans == 4
