"""Lookups of external ids: cached for a limited time, and never with the id of another player."""

import asyncio
from collections.abc import Collection, Mapping, Sequence

import pytest

from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import LeaderForgeError, PlayerNotFound, StoreUnavailable
from leaderforge.domain.players import ExternalId, Player
from leaderforge.domain.timing import CHECKABLE_MS, CLOCK_DIFFERENCE_MS, COMMIT_LIMIT_MS, MAPPING_MS, RELEASE_MS
from leaderforge.services import player_ids
from leaderforge.services.player_ids import PlayerIds, Sighting

START = 1_700_000_000_000
A, B, C = ExternalId("a"), ExternalId("b"), ExternalId("c")


class Store(MemoryPlayerStore):
    """Store that records its queries by external id. The test can delay queries or make queries fail."""

    def __init__(self, world: "World") -> None:
        super().__init__(clock=lambda: world.ms * 1000)
        self.queries: list[list[str]] = []
        self.creations = 0
        self.fails = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.entered = asyncio.Event()

    async def by_external_id(self, external_ids: Collection[str]) -> Mapping[str, int]:
        self.queries.append(sorted(external_ids))
        if self.fails:
            raise StoreUnavailable("down")
        found = await super().by_external_id(external_ids)
        self.entered.set()
        await self.gate.wait()
        return found

    async def create(self, users: Sequence[Player], *, on_sight: bool = False) -> Sequence[Player | LeaderForgeError]:
        self.creations += on_sight
        return await super().create(users, on_sight=on_sight)


class Delivered:
    """Record of the players whose labels were sent to the index."""

    def __init__(self) -> None:
        self.users: list[Player] = []

    async def created(self, users: Collection[Player]) -> None:
        self.users += users


class World:
    """Lookups of a process over a store. The test sets the wall clock and the monotonic clock of the lookups."""

    def __init__(self) -> None:
        self.ms = START
        self.s = 0.0
        self.store = Store(self)
        self.delivery = Delivered()
        self.ids = PlayerIds(self.store, self.delivery, lambda: self.ms, capacity=3, now=lambda: self.s)  # type: ignore[arg-type]

    def wait(self, ms: int) -> None:
        self.ms += ms
        self.s += ms / 1000

    async def add(self, *users: Player) -> None:
        assert all(isinstance(user, Player) for user in await self.store.create(users))

    async def move(self, user_id: int, external_id: str | None) -> None:
        act = AuditEntry(self.ms, "tests", "player.change")
        await self.store.change(user_id, {"external_id": external_id}, act)


@pytest.fixture
def world() -> World:
    return World()


def user(user_id: int, external_id: str | None = None, name: str | None = None) -> Player:
    return Player(user_id, name, None, START, external_id)


async def test_a_look_up_is_made_once_while_it_lasts(world: World) -> None:
    await world.add(user(1, A), user(2, B))
    assert world.ids.cached(A) is None
    assert await asyncio.gather(*(world.ids.get(i) for i in (A, B, A, A))) == [1, 2, 1, 1]
    assert world.store.queries == [["a", "b"]]
    assert (world.ids.cached(A), await world.ids.get(A), await world.ids.get(7)) == (1, 1, 7)
    assert len(world.store.queries) == 1
    world.wait(MAPPING_MS - 1)
    assert world.ids.cached(A) == 1
    world.wait(1)
    assert world.ids.cached(A) is None
    assert await world.ids.find_many([A, B, A]) == {A: 1, B: 2}


async def test_players_whose_ids_were_not_released_outlive_a_check(world: World) -> None:
    await world.add(user(1, A), user(2, B), user(3, C))
    await world.ids.find_many([A, B, C])
    queries = len(world.store.queries)
    for _ in range(3):
        world.wait(MAPPING_MS)
        assert await world.ids.get(C) == 3  # checks
        assert (world.ids.cached(A), world.ids.cached(B)) == (1, 2)
    assert world.store.queries[queries:] == [["c"]] * 3
    await world.move(1, None)
    world.store.erase(2, 1, None)
    world.wait(MAPPING_MS)
    assert await world.ids.get(C) == 3
    assert (world.ids.cached(A), world.ids.cached(B)) == (None, None)
    assert await world.ids.find_many([A, B, C]) == {C: 3}


async def test_player_ids_do_not_outlive_a_check(world: World) -> None:
    """Drop cached player ids at a check. The store notes erasures only of players who had an external id."""
    await world.add(user(3, C), user(7))
    await world.ids.ensure(Sighting(7))
    assert world.ids.cached(7) == 7
    world.wait(MAPPING_MS)
    assert await world.ids.get(C) == 3
    assert world.ids.cached(7) is None


async def test_players_are_looked_up_again_if_a_check_would_come_too_late(world: World) -> None:
    """Empty the cache if the next check is late: the store may have deleted notes of releases since the last check."""
    await world.add(user(1, A), user(2), user(3, C))
    await world.ids.find_many([A, C])
    await world.move(1, None)
    world.wait(CHECKABLE_MS + 1)
    assert await world.ids.get(C) == 3
    assert world.ids.cached(A) is None


async def test_a_check_sees_every_release_after_the_previous_one(world: World) -> None:
    await world.add(user(1, A), user(3, C))
    await world.ids.find_many([A, C])
    world.ms -= COMMIT_LIMIT_MS + CLOCK_DIFFERENCE_MS  # the time of a slow release by a clock that is behind
    await world.move(1, None)
    world.ms += COMMIT_LIMIT_MS + CLOCK_DIFFERENCE_MS
    world.wait(CHECKABLE_MS - 1)
    assert await world.ids.get(C) == 3
    assert world.ids.cached(A) is None


async def test_many_releases_clear_the_cache(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player_ids, "_MAX_RELEASED", 0)
    await world.add(user(1, A), user(2, B), user(3, C))
    await world.ids.find_many([A, B, C])
    await world.move(1, None)
    for expected in (2, None):
        world.wait(MAPPING_MS)
        assert await world.ids.get(C) == 3
        assert world.ids.cached(B) == expected


async def test_missing_players_are_not_remembered(world: World) -> None:
    assert await world.ids.find(A) is None
    with pytest.raises(PlayerNotFound) as caught:
        await world.ids.get(A)
    assert caught.value.details == {"external_id": "a"}
    await world.add(user(1, A))
    assert await world.ids.get(A) == 1


@pytest.mark.parametrize("standing", ["the process's clock", "the wall clock"])
async def test_a_process_that_was_suspended_looks_up_again(world: World, standing: str) -> None:
    await world.add(user(1, A), user(2))
    assert await world.ids.get(A) == 1
    await world.move(1, None)
    if standing == "the process's clock":
        world.ms += RELEASE_MS
        await world.move(2, A)
    else:
        world.s += RELEASE_MS / 1000
    assert world.ids.cached(A) is None


async def test_no_process_uses_an_old_player_when_another_may_claim_the_id(world: World) -> None:
    """Look up just before the release, and use the result as long as allowed. Until then, nobody may claim the id."""
    await world.add(user(1, A), user(2))
    world.store.gate.clear()
    looking = asyncio.create_task(world.ids.get(A))
    await world.store.entered.wait()
    await world.move(1, None)
    world.store.gate.set()
    assert await looking == 1
    while world.ids.cached(A) == 1:
        with pytest.raises(LeaderForgeError):
            await world.move(2, A)
        world.wait(1000)
    world.wait(RELEASE_MS)
    await world.move(2, A)
    assert await world.ids.get(A) == 2


async def test_an_invalidation_during_a_look_up(world: World) -> None:
    await world.add(user(1, A))
    world.store.gate.clear()
    looking = asyncio.create_task(world.ids.get(A))
    await world.store.entered.wait()
    await world.move(1, None)
    world.ids.invalidate([A])
    world.store.gate.set()
    assert await looking == 1
    assert world.ids.cached(A) is None
    assert await world.ids.find(A) is None


async def test_errors_are_not_remembered(world: World) -> None:
    await world.add(user(1, A))
    world.store.fails = True
    with pytest.raises(StoreUnavailable):
        await world.ids.get(A)
    world.store.fails = False
    assert await world.ids.get(A) == 1


async def test_the_cache_is_bounded(world: World) -> None:
    ids = [ExternalId(str(i)) for i in range(4)]
    await world.add(*(user(i, external_id) for i, external_id in enumerate(ids)))
    for external_id in (*ids[:3], ids[0], ids[3]):
        await world.ids.get(external_id)
    assert [world.ids.cached(i) for i in ids] == [None, 1, 2, 3]


class TestFirstSight:
    async def test_a_player_is_created_once(self, world: World) -> None:
        sightings = [Sighting(A), Sighting(B), Sighting(A), Sighting(7), Sighting(A)]
        user_ids = await asyncio.gather(*(world.ids.ensure(sighting) for sighting in sightings))
        assert (user_ids[0], user_ids[3]) == (user_ids[2], 7)
        assert set(world.store.by_id) == {user_ids[0], user_ids[1], 7}
        assert {player.user_id for player in world.delivery.users} == set(world.store.by_id)
        assert await world.ids.ensure(Sighting(A)) == user_ids[0]
        assert world.store.creations == 1

    async def test_a_process_that_was_faster_wins(self, world: World) -> None:
        other = PlayerIds(world.store, world.delivery, lambda: world.ms, capacity=3)  # type: ignore[arg-type]
        first, second = await asyncio.gather(other.ensure(Sighting(A)), world.ids.ensure(Sighting(A)))
        assert first == second
        assert len(world.store.by_id) == 1

    async def test_names_are_given_where_they_are_free(self, world: World) -> None:
        await world.add(user(1, None, "Ada"))
        user_ids = await asyncio.gather(*(world.ids.ensure(Sighting(i, n)) for i, n in ((A, "ADA"), (B, "Bob"))))
        assert [world.store.by_id[i].username for i in user_ids] == [None, "Bob"]

    async def test_an_erased_player_is_not_created_again(self, world: World) -> None:
        user_id = await world.ids.ensure(Sighting(A))
        await world.ids.ensure(Sighting(7))
        for erased in (user_id, 7):
            world.store.erase(erased, 1, world.ms + 10 * RELEASE_MS)
        world.ids.invalidate([user_id, A, 7])
        for identity in (A, 7):
            with pytest.raises(PlayerNotFound):
                await world.ids.ensure(Sighting(identity))
        assert await world.ids.ensure_many([A, B]) == {B: next(iter(world.store.by_id))}
        world.wait(10 * RELEASE_MS)
        assert await world.ids.ensure(Sighting(A)) != user_id
        assert await world.ids.ensure(Sighting(7)) == 7
