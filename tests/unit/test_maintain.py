"""Repair over in-memory adapters, step by step."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.memory.moderation import MemoryModeration
from leaderforge.adapters.memory.pending_processes import MemoryPendingProcesses
from leaderforge.adapters.memory.player_records import MemoryPlayerRecords
from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.cli.maintenance import FAULTS
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.players import Player
from leaderforge.domain.standings import Event, Standing
from leaderforge.domain.submissions import Submission
from leaderforge.domain.timing import SETTLE_MS, TOUCHES_KEPT_MS
from leaderforge.services import comparing
from leaderforge.services.comparison import DifferenceKind
from leaderforge.services.maintain import MaintainService

LADDER = Ladder(Board(1, "default", "Default"))


class World:
    """Store and index with one clock. Nothing but the tested repair brings changes of the store into the index."""

    def __init__(self, index: MemoryIndex | None = None) -> None:
        self.now = 1_700_000_000_000
        audit, clock = MemoryAuditLog(), lambda: self.now * 1000
        self.users = MemoryPlayerStore(audit, clock=clock)
        self.store = MemoryScoreStore(self.users, clock=clock)
        self.moderation = MemoryModeration(self.store, self.users, audit)
        self.records = MemoryPlayerRecords(self.store, self.users, audit)
        self.index = index or MemoryIndex(partitions=4)
        self.processes = MemoryPendingProcesses()
        self.maintain = MaintainService(
            self.store, self.users, self.index, self.processes, lambda: self.now, Fanout([])
        )
        self._ids = iter(range(1, 10**9))

    async def commit(self, user_id: int, score: int) -> Standing:
        """Record a score like a process that dies before it updates the index."""
        await self.users.create([Player(user_id, f"player {user_id}", None, self.now)])
        event = Event(user_id, UUID(int=next(self._ids)), score, self.now)
        [recorded] = await self.store.record([Submission([LADDER], event)])
        return recorded.standing

    async def ranked(self) -> Sequence[int]:
        """Return the ids of the players in the index."""
        return sorted(self.index.standings_on(LADDER))


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(comparing, "RETRY_S", 0)
    made = World()
    await made.maintain.reconcile()
    return made


async def test_a_new_installation_has_an_index_at_once() -> None:
    world = World()
    await world.maintain.build_new_index()
    watermarks = await world.index.watermarks()
    assert None not in watermarks
    world.now += 1
    await world.maintain.build_new_index()
    assert await world.index.watermarks() == watermarks


async def test_the_index_of_an_installation_with_players_is_left_to_maintenance() -> None:
    world = World()
    await world.commit(1, 5)
    await world.maintain.build_new_index()
    assert set(await world.index.watermarks()) == {None}


async def test_the_first_pass_completes_an_empty_index(world: World):
    assert None not in await world.index.watermarks()


async def test_what_a_crash_left_out_is_applied_once_it_is_settled(world: World):
    await world.commit(1, 5)
    assert await world.maintain.reconcile() == 0
    assert await world.ranked() == []
    world.now += SETTLE_MS + 1
    assert await world.maintain.reconcile() == 1
    assert await world.ranked() == [1]
    assert (await world.maintain.verify()).clean


async def test_an_event_is_looked_at_once(world: World):
    await world.commit(1, 5)
    world.now += SETTLE_MS + 1
    assert await world.maintain.reconcile() == 1
    world.now += 1000
    assert await world.maintain.reconcile() == 0


async def test_a_pass_waits_until_there_is_enough_to_look_at(world: World):
    await world.commit(1, 5)
    world.now += 1999
    assert await world.maintain.reconcile(every_ms=2000) == 0
    world.now += SETTLE_MS
    assert await world.maintain.reconcile(every_ms=2000) == 1


async def test_an_index_from_an_old_snapshot_is_caught_up_from_its_own_watermark(world: World):
    await world.commit(1, 5)
    world.now += SETTLE_MS + 1
    await world.maintain.reconcile()
    snapshot = world.index.snapshot()
    for user_id in range(2, 30):
        await world.commit(user_id, user_id)
        world.now += 60_000
        await world.maintain.reconcile()
    assert len(await world.ranked()) == 29
    world.index.restore(snapshot)
    assert await world.maintain.reconcile() == 28
    assert (await world.maintain.verify()).checked == 29


async def test_a_wiped_index_is_rebuilt(world: World):
    for user_id in range(1, 20):
        await world.commit(user_id, user_id)
    world.index.wipe()
    assert not (await world.maintain.verify()).clean
    await world.maintain.reconcile()
    assert (await world.maintain.verify()).clean
    assert len(await world.ranked()) == 19


async def test_only_lost_partitions_are_rebuilt(world: World):
    for user_id in range(1, 20):
        await world.commit(user_id, user_id)
    assert await world.maintain.rebuild() == 19
    await world.index.begin_rebuild([LADDER], [2])
    lost = 19 - len(await world.ranked())
    assert await world.maintain.reconcile() == lost
    assert (await world.maintain.verify()).clean


async def test_another_holder_of_the_lease_is_left_alone(world: World):
    await world.commit(1, 5)
    world.now += SETTLE_MS + 1
    assert await world.index.lease("maintain", "somebody else", 60)
    assert await world.maintain.reconcile() == 0
    assert await world.ranked() == []
    assert await world.index.lease("maintain", "somebody else", 0)
    assert await world.maintain.reconcile() == 1


async def test_an_index_wiped_during_its_rebuild_does_not_count_as_complete(world: World, monkeypatch):
    for user_id in range(1, 20):
        await world.commit(user_id, user_id)
    finish = world.index.finish_rebuild

    async def wiped_before(*args: object, **options: object) -> object:
        world.index.wipe()
        return await finish(*args, **options)

    monkeypatch.setattr(world.index, "finish_rebuild", wiped_before)
    with pytest.raises(IndexUnavailable):
        await world.maintain.rebuild()
    assert await world.index.watermarks() == [None] * 4


async def test_verify_names_what_differs(world: World):
    standings = [await world.commit(user_id, user_id) for user_id in range(1, 6)]
    await world.maintain.rebuild()
    world.index.lose(LADDER, 2)
    world.index.overwrite(LADDER, standings[0].__class__(99, 1, 0, UUID(int=0), None, True, 1, 1))
    found = await world.maintain.verify()
    assert {(d.user_id, d.kind) for d in found.differences} == {
        (2, DifferenceKind.OTHER),
        (99, DifferenceKind.EXTRA),
    }
    assert not found.clean


async def test_verify_lists_a_limited_number_of_differences_and_counts_all(world: World, monkeypatch):
    monkeypatch.setattr(comparing, "MAX_IN_FLIGHT", 3)
    for user_id in range(1, 11):
        await world.commit(user_id, user_id)
    await world.maintain.rebuild()
    for user_id in range(1, 11):
        world.index.lose(LADDER, user_id)
    found = await world.maintain.verify()
    assert ([d.user_id for d in found.differences], found.unlisted) == ([1, 2, 3, 4], 6)
    for user_id in range(21, 28):
        world.index.overwrite(LADDER, Standing(user_id, 1, 0, UUID(int=0), None, True, 1, 1))
    found = await world.maintain.verify()
    assert [d.kind for d in found.differences] == [DifferenceKind.OTHER] * 4 + [DifferenceKind.EXTRA] * 4
    assert (found.differing, found.clean) == (17, False)


def test_verify_has_a_text_for_each_kind_of_difference():
    assert set(FAULTS) == set(DifferenceKind)


ERASE = AuditEntry(0, "cli", "player.erase")


async def test_an_erased_player_is_forgotten_whatever_comes_late(world: World):
    """Apply an update late, after the player's erasure. Reconciliation must remove the player from the index."""
    late = await world.commit(1, 5)
    await world.commit(2, 6)
    await world.records.erase(1, ERASE)
    await world.index.apply(LADDER, [late])
    await world.index.add_names({1: "player 1"})
    assert await world.ranked() == [1]
    world.now += SETTLE_MS + 1
    await world.maintain.reconcile()
    assert await world.ranked() == [2]
    assert await world.index.names([1]) == {}
    assert (await world.maintain.verify()).clean


async def test_a_player_created_anew_has_nothing_of_the_one_erased(world: World):
    other = Ladder(await world.store.create_board(Board(0, "other", "Other")))
    late = await world.commit(1, 5)
    await world.records.erase(1, ERASE)
    await world.index.apply(other, [late])
    await world.commit(1, 7)
    world.now += SETTLE_MS + 1
    await world.maintain.reconcile()
    assert await world.ranked() == [1]
    assert (await world.maintain.verify()).clean
    assert (await world.index.counts(other, [])).total == 0


async def test_a_hidden_player_reaches_an_index_that_was_away(world: World):
    for user_id in (1, 2):
        await world.commit(user_id, user_id)
    world.now += SETTLE_MS + 1
    await world.maintain.reconcile()
    await world.moderation.set_player_hidden(2, True, ERASE)
    world.now += SETTLE_MS + 1
    await world.maintain.reconcile()
    assert (await world.index.counts(LADDER, [])).total == 1
    assert (await world.maintain.verify()).clean


async def test_touches_are_kept_for_as_long_as_an_index_may_lag(world: World):
    await world.commit(1, 5)
    await world.moderation.set_player_hidden(1, True, ERASE)
    world.now += TOUCHES_KEPT_MS
    await world.maintain.reconcile()
    assert world.users.touches
    world.now += 2 * SETTLE_MS
    await world.maintain.reconcile()
    # The notes have expired, but expired notes are deleted only every ten minutes.
    assert world.users.touches
    world.now += TOUCHES_KEPT_MS // 2
    await world.maintain.reconcile()
    assert not world.users.touches


async def test_an_index_that_lags_further_behind_is_rebuilt(world: World):
    for user_id in (1, 2):
        await world.commit(user_id, user_id)
    world.now += SETTLE_MS + 1
    await world.maintain.reconcile()
    snapshot = world.index.snapshot()
    await world.moderation.set_player_hidden(1, True, ERASE)
    for _ in range(5):
        world.now += TOUCHES_KEPT_MS // 2
        await world.maintain.reconcile()
    assert not world.users.touches
    world.index.restore(snapshot)
    await world.maintain.reconcile()
    assert (await world.index.counts(LADDER, [])).total == 1
    assert (await world.maintain.verify()).clean
