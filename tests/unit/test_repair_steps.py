"""Repair step by step. After each change of the index, a reader sees all players that are not removed."""

from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.order import sort_key, user_id_of
from leaderforge.domain.players import Player
from leaderforge.domain.sharding import partition_of
from leaderforge.domain.timing import SETTLE_MS, TOUCHES_KEPT_MS
from leaderforge.ports.index import NameSwap
from leaderforge.services import comparing
from leaderforge.services.correcting import Rebuilt
from leaderforge.services.mending import load_standings, mend_players
from leaderforge.services.names import NameSync
from leaderforge.services.verification import VerificationService
from tests.unit.test_maintain import ERASE, LADDER, World

CHANGES = (
    "apply",
    "load",
    "mend",
    "swap_names",
    "add_names",
    "add_erasures",
    "drop",
    "advance",
    "begin_rebuild",
    "finish_rebuild",
)


class WatchedIndex(MemoryIndex):
    """Index that runs a check after every call that changes it."""

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


class WatchedWorld(World):
    """World whose reader checks the board after each step of a repair."""

    index: WatchedIndex

    def __init__(self) -> None:
        super().__init__(WatchedIndex(partitions=4))
        self.steps: list[str] = []

    async def ranked_ids(self, ladder: Ladder = LADDER) -> list[int]:
        keys = [key async for chunk in self.index.keys(ladder) for key in chunk]
        return [user_id_of(key) for key in sorted(keys)]

    async def watch(self, expected: dict[Ladder, list[int]], names: dict[int, str]) -> None:
        """From now on, check after each step that exactly these players are ranked, in this order, with these names."""

        async def look(step: str) -> None:
            self.steps.append(step)
            if None in await self.index.watermarks():
                return  # an incomplete index is not read
            for ladder, ids in expected.items():
                assert await self.ranked_ids(ladder) == ids, step
            shown = await self.index.names(list(names))
            assert shown.items() <= names.items(), step

        self.index.look = look

    async def indexed(self, user_id: int, score: int) -> None:
        """Record a score in the store and in the index."""
        await self.index.apply(LADDER, [await self.commit(user_id, score)])
        await self.index.add_names({user_id: self.users.by_id[user_id].username})


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> WatchedWorld:
    monkeypatch.setattr(comparing, "RETRY_S", 0)
    made = WatchedWorld()
    await made.maintain.reconcile()
    return made


async def pass_over(world: WatchedWorld) -> None:
    """Reconcile all changes."""
    world.now += SETTLE_MS + 1
    await world.maintain.reconcile()
    world.index.look = None
    assert (await world.maintain.verify()).clean


@pytest.mark.parametrize("touched", ["renamed", "hidden and shown", "renamed to the same", "moderated elsewhere"])
async def test_a_new_player_who_is_touched_stays_on_the_board(world: WatchedWorld, touched: str) -> None:
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


async def test_what_the_store_lost_is_removed_and_nothing_else(world: WatchedWorld) -> None:
    other = Ladder(await world.store.create_board(Board(0, "other", "Other")))
    for user_id in (1, 2, 3):
        await world.indexed(user_id, 10 * user_id)
    await world.index.apply(other, await world.store.standings(LADDER, [2]))
    world.users.touch(2)
    await world.watch({LADDER: [3, 2, 1]}, {})
    await pass_over(world)
    assert await world.ranked_ids(other) == []


async def test_a_standing_that_begins_during_the_pass_is_left_alone(world: WatchedWorld) -> None:
    """Submit after a repair has read the store. The repair must not remove the new standing, which it did not read."""
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
@pytest.mark.parametrize("repair", ["verification", "rebuild in place"])
async def test_a_mended_standing_never_vanishes(world: WatchedWorld, wrong: str, repair: str) -> None:
    for user_id in (1, 2, 3):
        await world.indexed(user_id, 10 * user_id)
    standing = world.index.lose(LADDER, 2)
    if wrong != "missing":
        revision = standing.revision + (wrong == "of a newer revision")
        world.index.overwrite(LADDER, standing._replace(score=25, revision=revision))
    await world.watch({LADDER: [3, 2, 1]}, {2: "player 2"})
    if repair == "verification":
        telemetry, repaired = Fanout([]), list[Ladder | None]()
        parts = world.store, world.users, world.index, lambda: world.now, telemetry, repaired.append
        assert await VerificationService(*parts).run() == 3
    else:
        assert await world.maintain.rebuild_in_place() == Rebuilt(compared=3, corrected=1)
    assert world.steps[0] == "mend"
    world.index.look = None
    assert (await world.maintain.verify()).clean


async def test_a_rebuild_in_place_removes_who_is_not_in_the_store(world: WatchedWorld) -> None:
    for user_id in range(1, 9):
        await world.indexed(user_id, user_id)
    [standing] = await world.store.standings(LADDER, [3])
    world.index.overwrite(LADDER, standing._replace(user_id=99))
    assert await world.maintain.rebuild_in_place() == Rebuilt(compared=8, corrected=1)
    assert await world.ranked_ids() == list(range(8, 0, -1))


async def test_a_rebuild_in_place_keeps_what_changes_meanwhile(world: WatchedWorld) -> None:
    """Submit for old and new players after the rebuild has read the store."""
    for user_id in (1, 2, 3):
        await world.indexed(user_id, 10 * user_id)
    standings_on = world.store.standings_on

    async def standings_before_submissions(ladders: Any) -> Any:
        async for chunk in standings_on(ladders):
            await world.indexed(1, 50)
            await world.indexed(4, 40)
            yield chunk

    world.store.standings_on = standings_before_submissions  # type: ignore[method-assign]
    await world.maintain.rebuild_in_place()
    world.store.standings_on = standings_on  # type: ignore[method-assign]
    assert await world.ranked_ids() == [1, 4, 3, 2]
    assert (await world.maintain.verify()).clean


async def test_a_rebuild_in_place_corrects_an_index_that_lost_everything(world: WatchedWorld, monkeypatch) -> None:
    monkeypatch.setattr(comparing, "MAX_IN_FLIGHT", 5)
    for user_id in range(1, 30):
        await world.indexed(user_id, user_id)
    for user_id in range(1, 30):
        world.index.lose(LADDER, user_id)
    assert await world.maintain.rebuild_in_place() == Rebuilt(compared=29, corrected=29)
    assert (await world.maintain.verify()).clean


@pytest.mark.parametrize("lost", ["a partition", "a connection"])
async def test_a_rebuild_in_place_fails_if_the_index_is_lost_meanwhile(world: WatchedWorld, lost: str) -> None:
    await world.indexed(1, 5)
    world.index.lose(LADDER, 1)

    async def look(step: str) -> None:
        if step == "mend" and lost == "a partition":
            await world.index.begin_rebuild([LADDER], [partition_of(1, 4)])
        elif step == "mend":
            world.index.disruptions += 1

    world.index.look = look
    with pytest.raises(IndexUnavailable):
        await world.maintain.rebuild_in_place()
    world.index.look = None
    await world.maintain.rebuild_in_place()
    assert (await world.maintain.verify()).clean


async def test_a_rebuild_in_place_leaves_what_another_process_has_just_completed(
    world: WatchedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process holds the lease when the rebuild begins, and loads the lost partition."""
    await world.indexed(1, 5)
    await world.index.begin_rebuild([LADDER], [partition_of(1, 4)])
    exclusive = world.maintain._lease.exclusive

    @asynccontextmanager
    async def after_another(wait_s: float) -> Any:
        async with exclusive(wait_s):
            watermark = world.now - SETTLE_MS
            token = await world.index.begin_rebuild([LADDER], [partition_of(1, 4)])
            await world.index.load(LADDER, await world.store.standings(LADDER, [1]))
            await world.index.add_names({1: "player 1"})
            await world.index.finish_rebuild(token, [partition_of(1, 4)], watermark)
            await world.watch({LADDER: [1]}, {1: "player 1"})
            yield

    monkeypatch.setattr(world.maintain._lease, "exclusive", after_another)
    assert await world.maintain.rebuild_in_place() == Rebuilt(compared=1)
    assert world.steps == []


async def test_a_rebuild_in_place_adds_no_name_of_a_player_erased_meanwhile(world: WatchedWorld) -> None:
    for user_id in (1, 2):
        await world.indexed(user_id, 5)
    all_names = world.store.all_names

    async def names_before_an_erasure() -> Any:
        async for names in all_names():
            await world.records.erase(1, ERASE)
            await NameSync(world.index, world.users).refresh([1])
            yield names

    world.store.all_names = names_before_an_erasure  # type: ignore[method-assign]
    await world.maintain.rebuild_in_place()
    assert await world.index.names([1, 2]) == {2: "player 2"}


async def test_a_rename_during_a_rebuild_is_not_undone(world: WatchedWorld) -> None:
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


async def test_a_name_that_comes_late_does_not_outlive_a_rebuild(world: WatchedWorld) -> None:
    """Add the name of an erased player during a rebuild, like a frozen process. A new player has the same id."""
    await world.commit(1, 5)
    await world.records.erase(1, ERASE)
    await world.users.create([Player(1, "Ada", None, world.now)])
    await NameSync(world.index, world.users).refresh([1])

    async def look(step: str) -> None:
        if step == "begin_rebuild":
            await world.index.swap_names({1: NameSwap(None, "player 1")})

    world.index.look = look
    await world.maintain.rebuild()
    assert await world.index.names([1]) == {1: "Ada"}


REBUILD = ("begin_rebuild", "add_erasures", "mend", "load", "add_names", "finish_rebuild")


@pytest.mark.parametrize("thaw", REBUILD)
@pytest.mark.parametrize("recreated", [False, True])
async def test_a_late_update_of_an_erased_player_does_not_survive_a_rebuild(
    world: WatchedWorld, thaw: str, recreated: bool
) -> None:
    """Apply the update of a frozen process late: after the step `thaw` of the rebuild, and again after the rebuild."""
    other = Ladder(await world.store.create_board(Board(0, "other", "Other")))
    late = await world.commit(1, 5)
    await world.indexed(2, 7)
    erased = await world.records.erase(1, ERASE)
    for ladder, standing in erased.removed:
        await world.index.apply(ladder, [standing])
    if recreated:
        await world.indexed(1, 9)
    expected = [1, 2] if recreated else [2]
    thawed = []

    async def look(step: str) -> None:
        if step == thaw and not thawed:
            thawed.append(step)
            for ladder in (LADDER, other):
                await load_standings(world.index, world.store, ladder, [late])
        if None not in await world.index.watermarks():
            assert await world.ranked_ids() == expected, step

    world.index.look = look
    await world.maintain.rebuild()
    world.index.look = None
    assert thawed or thaw == "mend"  # a rebuild has no step `mend` if nothing needs repair
    for ladder in (LADDER, other):
        await load_standings(world.index, world.store, ladder, [late])
    assert await world.ranked_ids() == expected
    assert await world.ranked_ids(other) == []
    assert (await world.maintain.verify()).clean


async def test_only_the_lost_partition_gets_erasures(world: WatchedWorld) -> None:
    """A rebuild adds erasures only to the partitions that it rebuilds. Without erased players, a rebuild has no such
    step.
    """
    steps = []

    async def look(step: str) -> None:
        steps.append(step)

    for user_id in range(1, 30):
        await world.indexed(user_id, user_id)
    world.index.look = look
    await world.maintain.rebuild()
    assert set(steps) == {"begin_rebuild", "load", "apply", "add_names", "finish_rebuild"}
    for user_id in range(1, 30):
        await world.records.erase(user_id, ERASE)
    await world.index.begin_rebuild([LADDER], [2])
    await world.maintain.reconcile()
    in_partition = {user_id for user_id in range(1, 30) if partition_of(user_id, 4) == 2}
    assert (await world.index.erasures(range(1, 30))).keys() == in_partition


@pytest.mark.parametrize("act", ["reconcile", "catch_up"])
async def test_an_erasure_whose_process_died_keeps_late_updates_away(world: WatchedWorld, act: str) -> None:
    """Erase in the store only, like a process that dies before it updates the index. A repair must add the erasure."""
    late = await world.commit(1, 5)
    await world.records.erase(1, ERASE)
    world.now += SETTLE_MS + 1
    await getattr(world.maintain, act)()
    await load_standings(world.index, world.store, LADDER, [late])
    assert await world.ranked_ids() == []


async def test_a_repair_frozen_across_a_rebuild_brings_no_erased_player_back(world: WatchedWorld) -> None:
    """A repair reads the player's standing. Then erase the player and rebuild, before the repair loads the standing."""
    await world.commit(1, 5)
    standings_on = world.store.standings

    async def standings_before_a_rebuild(*args: Any) -> Any:
        standings = await standings_on(*args)
        world.store.standings = standings_on  # type: ignore[method-assign]
        for ladder, standing in (await world.records.erase(1, ERASE)).removed:
            await world.index.apply(ladder, [standing])
        await world.maintain.rebuild()
        return standings

    world.store.standings = standings_before_a_rebuild  # type: ignore[method-assign]
    await mend_players(world.index, world.store, LADDER, [1])
    assert await world.ranked_ids() == []


async def test_an_erasure_does_not_keep_out_a_later_player(world: WatchedWorld) -> None:
    """Add an outdated erasure, like a rebuild that was frozen for long. Repairs must still load the new player."""
    await world.index.add_erasures({1: 2**52})
    standing = await world.commit(1, 5)
    await load_standings(world.index, world.store, LADDER, [standing])
    assert await world.ranked_ids() == [1]
    assert (await world.maintain.verify()).clean


async def test_erasures_are_forgotten_after_a_day_unless_the_player_was_erased_again(world: WatchedWorld) -> None:
    await world.commit(1, 5)
    await world.commit(2, 5)
    for user_id in (1, 2):
        await world.records.erase(user_id, ERASE)
    world.now += TOUCHES_KEPT_MS // 2
    await world.commit(1, 5)
    await world.records.erase(1, ERASE)
    await world.maintain.rebuild()
    assert (await world.index.erasures([1, 2])).keys() == {1, 2}
    world.now += TOUCHES_KEPT_MS // 2 + 2 * SETTLE_MS
    await world.maintain.reconcile()
    assert (await world.index.erasures([1, 2])).keys() == {1}
    world.now += TOUCHES_KEPT_MS // 2
    await world.maintain.reconcile()
    assert await world.index.erasures([1, 2]) == {}


@pytest.mark.parametrize("act", ["reconcile", "rebuild", "catch_up"])
async def test_a_repair_that_was_cut_off_does_not_count(world: WatchedWorld, act: str) -> None:
    """Break a connection during a repair. The repair must not count, because a new primary may lack the updates."""
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
