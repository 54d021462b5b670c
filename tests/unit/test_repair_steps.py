"""Repair step by step: after each change that it makes, a reader sees nothing vanish that nobody removed."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.order import sort_key, user_id_of
from leaderforge.services import comparing
from leaderforge.services.maintain import SETTLE_MS
from leaderforge.services.names import NameSync
from leaderforge.services.verification import VerificationService
from tests.unit.test_maintain import ERASE, LADDER, World

CHANGES = ("apply", "load", "mend", "swap_names", "add_names", "drop", "advance", "begin_rebuild", "finish_rebuild")


class WatchedIndex(MemoryIndex):
    """An index that looks at itself after every call that changes it."""

    look: Callable[[str], Awaitable[None]] | None = None

    def __getattribute__(self, name: str) -> Any:
        target = super().__getattribute__(name)
        if name not in CHANGES:
            return target

        async def call(*args: Any, **options: Any) -> Any:
            result = await target(*args, **options)
            look = self.look
            if look is not None:
                await look(name)
            return result

        return call


class Watched(World):
    """A world whose reader looks at the board after each step of a repair, as it would between any two."""

    index: WatchedIndex

    def __init__(self) -> None:
        super().__init__(WatchedIndex(partitions=4))
        self.steps: list[str] = []

    async def ranked_ids(self, ladder: Ladder = LADDER) -> list[int]:
        keys = [key async for chunk in self.index.keys(ladder) for key in chunk]
        return [user_id_of(key) for key in sorted(keys)]

    async def watch(self, expected: dict[Ladder, list[int]], names: dict[int, str]) -> None:
        """Have all later steps checked: these players are ranked, in this order, and have no other names."""

        async def look(step: str) -> None:
            self.steps.append(step)
            if None in await self.index.watermarks():
                return  # nobody reads it
            for ladder, ids in expected.items():
                assert await self.ranked_ids(ladder) == ids, step
            shown = await self.index.names(list(names))
            assert shown.items() <= names.items(), step

        self.index.look = look

    async def indexed(self, user_id: int, score: int) -> None:
        """Count a score, in the index too."""
        await self.index.apply(LADDER, [await self.commit(user_id, score)])
        await self.index.add_names({user_id: self.users.by_id[user_id].username})


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> Watched:
    monkeypatch.setattr(comparing, "RETRY_S", 0)
    made = Watched()
    await made.maintain.reconcile()
    return made


async def pass_over(world: Watched) -> None:
    """Reconcile all that there is."""
    world.now += SETTLE_MS + 1
    await world.maintain.reconcile()
    world.index.look = None
    assert (await world.maintain.verify()).clean


@pytest.mark.parametrize("touched", ["renamed", "hidden and shown", "renamed to the same", "moderated elsewhere"])
async def test_a_new_player_who_is_touched_stays_on_the_board(world: Watched, touched: str) -> None:
    for user_id in (1, 2, 3):
        await world.indexed(user_id, 10 * user_id)
    match touched:
        case "renamed":
            await world.users.change(2, {"username": "Bo"}, ERASE)
        case "renamed to the same":
            await world.users.change(2, {"username": "player 2"}, ERASE)
        case "moderated elsewhere":
            world.users.touch(2)
        case _:
            for hidden in (True, False):
                changed = await world.moderation.set_player_hidden(2, hidden, ERASE)
                await world.index.apply(LADDER, [standing for _, standing in changed])
    name = world.users.by_id[2].username
    await world.watch({LADDER: [3, 2, 1]}, {1: "player 1", 3: "player 3"})
    await pass_over(world)
    assert await world.index.names([2]) == {2: name}
    assert "advance" in world.steps


async def test_what_the_store_lost_is_removed_and_nothing_else(world: Watched) -> None:
    other = Ladder(await world.store.create_board(Board(0, "other", "Other")))
    for user_id in (1, 2, 3):
        await world.indexed(user_id, 10 * user_id)
    await world.index.apply(other, await world.store.standings(LADDER, [2]))
    world.users.touch(2)
    await world.watch({LADDER: [3, 2, 1]}, {})
    await pass_over(world)
    assert await world.ranked_ids(other) == []


async def test_a_standing_that_begins_during_the_pass_is_left_alone(world: Watched) -> None:
    """The pass read the store before; what it does not know of is newer."""
    late = await world.commit(1, 5)
    await world.records.erase(1, ERASE)
    await world.index.apply(LADDER, [late])
    standings_of = world.store.standings_of

    async def standings_before_a_submission(user_ids: Any) -> Any:
        found = await standings_of(user_ids)
        world.now += 1
        await world.indexed(1, 7)
        return found

    world.store.standings_of = standings_before_a_submission  # type: ignore[method-assign]
    world.now += SETTLE_MS + 1
    await world.maintain.reconcile()
    assert await world.ranked_ids() == [1]


@pytest.mark.parametrize("wrong", ["missing", "of the same revision", "of a newer revision"])
async def test_a_mended_standing_never_vanishes(world: Watched, wrong: str) -> None:
    for user_id in (1, 2, 3):
        await world.indexed(user_id, 10 * user_id)
    standing = world.index.lose(LADDER, 2)
    if wrong != "missing":
        revision = standing.revision + (wrong == "of a newer revision")
        world.index.overwrite(LADDER, standing._replace(score=25, revision=revision))
    await world.watch({LADDER: [3, 2, 1]}, {2: "player 2"})
    telemetry, repaired = Fanout([]), list[Ladder | None]()
    parts = world.store, world.users, world.index, lambda: world.now, telemetry, repaired.append
    assert await VerificationService(*parts).run() == 3
    assert world.steps[0] == "mend"
    world.index.look = None
    assert (await world.maintain.verify()).clean


async def test_a_rename_during_a_rebuild_is_not_undone(world: Watched) -> None:
    await world.indexed(1, 5)
    all_names = world.store.all_names

    async def names_before_a_rename() -> Any:
        async for names in all_names():
            await world.users.change(1, {"username": "Ada"}, ERASE)
            await NameSync(world.index, world.users).refresh([1])
            yield names

    world.store.all_names = names_before_a_rename  # type: ignore[method-assign]
    await world.maintain.rebuild()
    assert await world.index.names([1]) == {1: "Ada"}


@pytest.mark.parametrize("act", ["reconcile", "rebuild", "catch_up"])
async def test_a_repair_that_was_cut_off_does_not_count(world: Watched, act: str) -> None:
    """The node that took over may lack what was applied before."""
    await world.commit(1, 5)
    world.now += SETTLE_MS + 1
    before = await world.index.watermarks()

    async def look(step: str) -> None:
        if step == "load":
            world.index.disruptions += 1

    world.index.look = look
    with pytest.raises(IndexUnavailable):
        await getattr(world.maintain, act)()
    assert await world.index.watermarks() in (before, [None] * 4)
    assert (await world.index.catch_ups()).finished is None
    world.index.look = None
    await getattr(world.maintain, act)()
    assert sorted({sort_key(LADDER.board, s) for s in await world.store.standings(LADDER, [1])}) == [
        key async for chunk in world.index.keys(LADDER) for key in chunk
    ]
