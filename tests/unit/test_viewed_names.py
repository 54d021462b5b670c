"""Index that stores only the names of viewed players."""

from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

import pytest

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.memory.player_records import MemoryPlayerRecords
from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import StoreUnavailable
from leaderforge.domain.players import Player
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Submission
from leaderforge.domain.timing import SETTLE_MS
from leaderforge.ports.index import NameSwap
from leaderforge.services import reading
from tests.delivering import Process

LADDER = Ladder(Board(1, "default", "Default"))
ACT = AuditEntry(1, "tests", "player.change")
IDS = range(1, 6)


class World:
    """Process whose index stores only the names of viewed players, with five players. Player 5 is the best one."""

    def __init__(self) -> None:
        self.now = 1_700_000_000_000
        self.audit = MemoryAuditLog()
        self.users = MemoryPlayerStore(self.audit, clock=lambda: self.now * 1000)
        self.store = MemoryScoreStore(self.users, clock=lambda: self.now * 1000)
        self.index = MemoryIndex(partitions=2)
        self.process = Process(
            self.store, self.users, self.index, clock=lambda: self.now, top_ttl_ms=0, stores_all_names=False
        )

    async def fill(self) -> None:
        """Create the players, each with one submission, like a process that dies before it updates the index."""
        await self.users.create([Player(i, f"player {i}", None, self.now) for i in IDS])
        await self.store.record([Submission([LADDER], Event(i, UUID(int=i), 10 * i, self.now)) for i in IDS])
        self.now += SETTLE_MS + 1

    async def shown(self, first: int, count: int) -> Mapping[int, str | None]:
        """Return the names on a page, by player."""
        page = await self.process.query.page(LADDER, first, count)
        return {entry.user_id: entry.username for entry in page.entries}

    async def stored(self) -> Mapping[int, str]:
        """Return the names in the index."""
        return await self.index.names(IDS)


@pytest.fixture
async def world() -> World:
    filled = World()
    await filled.fill()
    return filled


@pytest.mark.parametrize("build", ["rebuild", "reconcile"])
async def test_a_page_has_all_names_and_the_index_stores_only_these(world: World, build: str) -> None:
    await world.process.maintain.reconcile()
    await getattr(world.process.maintain, build)()
    assert await world.stored() == {}
    assert await world.shown(1, 2) == {5: "player 5", 4: "player 4"}
    assert await world.stored() == {5: "player 5", 4: "player 4"}
    assert await world.shown(2, 3) == {4: "player 4", 3: "player 3", 2: "player 2"}


async def test_places_load_no_names(world: World) -> None:
    """Places are read for events, not to be shown. Therefore their players do not become viewed players."""
    await world.process.maintain.rebuild()
    placed = await world.process.query.placed(LADDER, [5, 2, 99])
    assert (placed.total, {i: (p.score, p.rank) for i, p in placed.by_id.items()}) == (5, {5: (50, 1), 2: (20, 4)})
    assert await world.stored() == {}


async def test_reconciliation_adds_no_names_of_new_players(world: World) -> None:
    await world.process.maintain.rebuild()
    await world.users.create([Player(6, "Fay", None, world.now)])
    world.now += SETTLE_MS + 1
    await world.process.maintain.reconcile()
    assert await world.index.names([6]) == {}


@pytest.mark.parametrize("viewed", [False, True])
async def test_a_rename_is_shown(world: World, viewed: bool) -> None:
    await world.process.maintain.rebuild()
    if viewed:
        await world.shown(1, 5)
    await world.process.players.change(5, {"username": "Ada"}, "tests")
    assert (await world.shown(1, 1)) == {5: "Ada"}


async def test_reconciliation_repairs_the_name_of_a_viewed_player(world: World) -> None:
    """Rename the player like a process that dies before it updates the index."""
    await world.process.maintain.rebuild()
    await world.shown(1, 5)
    await world.users.change(5, {"username": "Ada"}, ACT)
    world.now += SETTLE_MS + 1
    await world.process.maintain.reconcile()
    assert (await world.stored())[5] == "Ada"


async def test_a_new_player_does_not_get_the_name_of_an_erased_one(world: World) -> None:
    await world.process.maintain.rebuild()
    await world.index.swap_names({6: NameSwap(None, "erased")})
    player = Player(6, "Fay", None, world.now)
    await world.users.create([player])
    await world.process.delivery.created([player])
    assert await world.index.names([6]) == {6: "Fay"}


async def test_entries_that_were_not_viewed_lack_their_names_while_the_store_is_away(world: World) -> None:
    await world.process.maintain.rebuild()
    await world.shown(1, 2)

    async def away(user_ids: Collection[int]) -> Any:
        raise StoreUnavailable("the database is away")

    world.users.get = away  # type: ignore[method-assign]
    assert await world.shown(1, 3) == {5: "player 5", 4: "player 4", 3: None}


@pytest.mark.parametrize("change", ["rename", "erase"])
async def test_a_name_that_was_read_long_ago_does_not_stay(
    world: World, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Freeze a reader after it has read a name from the store, before it adds the name to the index.

    Meanwhile the player is renamed or erased, and the index is repaired.
    """
    await world.process.maintain.rebuild()
    seconds = 0.0
    monkeypatch.setattr(reading, "monotonic", lambda: seconds)
    get = world.users.get

    async def get_before_a_freeze(user_ids: Collection[int]) -> Mapping[int, Player]:
        nonlocal seconds
        players = await get(user_ids)
        world.users.get = get  # type: ignore[method-assign]
        changes: dict[str, Callable[[], Any]] = {
            "rename": lambda: world.users.change(5, {"username": "Ada"}, ACT),
            "erase": lambda: MemoryPlayerRecords(world.store, world.users, world.audit).erase(5, ACT),
        }
        await changes[change]()
        world.now += SETTLE_MS + 1
        await world.process.maintain.reconcile()
        seconds += SETTLE_MS / 1000
        return players

    world.users.get = get_before_a_freeze  # type: ignore[method-assign]
    await world.shown(1, 1)
    assert (await world.stored()).get(5) == {"rename": "Ada", "erase": None}[change]
