"""Lookup of ladders, even if the cached list of past periods is outdated."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import uuid4

import pytest

from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import BoardNotFound, PeriodNotFound, StoreUnavailable
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.players import Player
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.domain.timing import LADDERS_FRESH_MS
from leaderforge.services import ladders
from leaderforge.services.ladders import Ladders
from tests.unit.edge_fixtures import START

DAY = 86_400_000
DAYS = [f"2026-11-{day}" for day in (20, 21, 22)]


class GatedScoreStore(MemoryScoreStore):
    """Store that counts queries. An answer waits while the test has cleared `may_answer`."""

    def __init__(self) -> None:
        self.users = MemoryPlayerStore()
        super().__init__(self.users)
        self.lists = self.finds = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def ladders_of(self, board: Board) -> Sequence[Ladder]:
        self.lists += 1
        await self.may_answer.wait()
        return await super().ladders_of(board)

    async def find_ladders(self, ladders: Collection[Ladder]) -> Collection[Ladder]:
        self.finds += 1
        found = await super().find_ladders(ladders)
        await self.may_answer.wait()
        return found

    async def play(self, board: Board, day: str) -> None:
        """Record a counting submission on a day of November 2026, given as `2026-11-23`."""
        at = START - (23 - int(day[-2:])) * DAY
        await self.users.create([Player(1, "one", None, 0)])
        [recorded] = await self.record([Submission(board.ladders_at(at), Event(1, uuid4(), 1, at))])
        assert isinstance(recorded, Recorded)


async def settle() -> None:
    for _ in range(9):
        await asyncio.sleep(0)


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Clock of `Ladders`, in s."""
    now = [1000.0]
    monkeypatch.setattr(ladders, "monotonic", lambda: now[0])
    return now


@pytest.fixture
async def store() -> GatedScoreStore:
    return GatedScoreStore()


@pytest.fixture
async def board(store: GatedScoreStore) -> Board:
    board = await store.create_board(
        Board(0, "laps", "Laps", calendar=Calendar((PeriodKind.ALL_TIME, PeriodKind.DAILY)))
    )
    await store.play(board, DAYS[0])
    return board


async def test_the_age_of_a_list_counts_from_the_start_of_its_query(
    store: GatedScoreStore, board: Board, seconds: list[float]
) -> None:
    """A list may lack a retirement that is committed during its query. The list's age must include the query."""
    process = Ladders(store, lambda: START)
    store.may_answer.clear()
    looking = asyncio.create_task(process.get(board, DAYS[0]))
    await settle()
    seconds[0] += LADDERS_FRESH_MS / 1000
    store.may_answer.set()
    await looking
    await process.get(board, DAYS[0])
    assert store.lists == 2


async def test_a_period_that_began_to_be_after_the_list_was_read(store: GatedScoreStore, board: Board) -> None:
    processes = [Ladders(store, lambda: START) for _ in range(2)]
    for process in processes:
        assert (await process.get(board, DAYS[0])).period_name == DAYS[0]
        with pytest.raises(PeriodNotFound):
            await process.get(board, DAYS[1])
    await store.play(board, DAYS[1])
    for process in processes:
        assert (await process.get(board, DAYS[1])).period_name == DAYS[1]


async def test_what_is_listed_is_not_asked_for_again(
    store: GatedScoreStore, board: Board, seconds: list[float]
) -> None:
    process = Ladders(store, lambda: START)
    for _ in range(5):
        await process.get(board, DAYS[0])
    assert (store.lists, store.finds) == (1, 0)
    seconds[0] += 2
    await process.get(board, DAYS[0])
    assert (store.lists, store.finds) == (2, 0)


async def test_concurrent_look_ups_share_queries(store: GatedScoreStore, board: Board) -> None:
    process = Ladders(store, lambda: START)
    found = await asyncio.gather(*(process.get(board, day) for day in DAYS * 20), return_exceptions=True)
    assert [isinstance(one, Ladder) for one in found] == [True, False, False] * 20
    assert store.lists <= 2
    assert store.finds <= 2


async def test_a_look_up_never_shares_a_query_that_began_before_it(store: GatedScoreStore, board: Board) -> None:
    process = Ladders(store, lambda: START)
    await process.get(board, DAYS[0])
    store.may_answer.clear()
    early = asyncio.create_task(process.get(board, DAYS[1]))
    await settle()
    await store.play(board, DAYS[1])
    late = asyncio.create_task(process.get(board, DAYS[1]))
    await settle()
    store.may_answer.set()
    with pytest.raises(PeriodNotFound):
        await early
    assert (await late).period_name == DAYS[1]


async def test_a_store_out_of_reach(store: GatedScoreStore, board: Board, seconds: list[float]) -> None:
    """Cached periods are still found. Lookups of other periods raise the store's error."""
    process = Ladders(store, lambda: START)
    store.available = False
    with pytest.raises(StoreUnavailable):
        await process.get(board, DAYS[0])
    store.available = True
    await process.get(board, DAYS[0])
    store.available = False
    for _ in range(2):
        assert (await process.get(board, DAYS[0])).period_name == DAYS[0]
        with pytest.raises(StoreUnavailable):
            await process.get(board, DAYS[1])
        seconds[0] += 2


async def test_an_old_list_no_longer_shows_what_the_index_has(
    store: GatedScoreStore, board: Board, seconds: list[float]
) -> None:
    """Another process may retire a period that this process cannot look up, and drop it from the index."""
    process = Ladders(store, lambda: START)
    await process.get(board, DAYS[0])
    store.available = False
    seconds[0] += 19
    assert (await process.get(board, DAYS[0])).indexed
    seconds[0] += 1
    assert not (await process.get(board, DAYS[0])).indexed
    assert (await process.get(board, "current")).indexed


async def test_a_ladder_that_is_found_again(store: GatedScoreStore, board: Board) -> None:
    process = Ladders(store, lambda: START)
    found = await process.get(board, DAYS[0])
    assert await process.again(found._replace(indexed=False), board) == found
    with pytest.raises(PeriodNotFound):
        await process.again(Ladder(board, found.period + 1), board)
    with pytest.raises(BoardNotFound):
        await process.again(found, replace(board, id=board.id + 1))
