"""When a process treats the index as current: two processes over one store and one index, step by step."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.memory.pending_processes import MemoryPendingProcesses
from leaderforge.adapters.memory.player_records import MemoryPlayerRecords
from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import IndexUnavailable, NotRanked, StoreUnavailable
from leaderforge.domain.players import Player
from leaderforge.domain.sources import Source
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Submission
from leaderforge.domain.timing import BELIEF_MS, COMMIT_LIMIT_MS, SETTLE_MS
from leaderforge.services import declaring, trust
from leaderforge.services.submit import SubmitService
from tests.delivering import Link, Process
from tests.waiting import PATIENCE_S, until

LADDER = Ladder(Board(1, "default", "Default"))
ERASE = AuditEntry(0, "cli", "player.erase")


class World:
    """Store and index, their clock, and two processes over them."""

    def __init__(self) -> None:
        self.now = 1_700_000_000_000
        audit, microseconds = MemoryAuditLog(), lambda: self.now * 1000
        self.users = MemoryPlayerStore(audit, clock=microseconds)
        self.store = MemoryScoreStore(self.users, clock=microseconds)
        self.records = MemoryPlayerRecords(self.store, self.users, audit)
        self.index = MemoryIndex(partitions=2)
        self.processes = MemoryPendingProcesses()
        self.one, self.other = self.start(), self.start()
        self._ids = iter(range(1, 10**9))

    def start(self) -> Process:
        """Return a new process."""
        link = Link(self.index)
        return Process(self.store, self.users, link, self.processes, clock=lambda: self.now)

    def link(self, process: Process) -> Link:
        assert isinstance(process.index, Link)
        return process.index

    def submission(self, user_id: int, score: int) -> Submission:
        return Submission([LADDER], Event(user_id, UUID(int=next(self._ids)), score, self.now))

    async def commit(self, user_id: int, score: int) -> None:
        """Record a score like a process that dies before it updates the index."""
        await self.users.create([Player(user_id, f"player {user_id}", None, self.now)])
        await self.store.record([self.submission(user_id, score)])

    async def submit(self, process: Process, user_id: int, score: int) -> int | None:
        """Submit a score and return the rank in its receipt, None if the receipt has no rank."""
        await self.users.create([Player(user_id, f"player {user_id}", None, self.now)])
        service = SubmitService(self.store, process.delivery, process.trust, process.telemetry)
        return (await service.submit(self.submission(user_id, score))).rank

    async def erase(self, process: Process, user_id: int) -> None:
        erased = await self.records.erase(user_id, ERASE)
        await process.delivery.erased(user_id, erased.removed)


async def ranked(process: Process) -> tuple[list[tuple[int, str | None]], Source]:
    """Read a page. Return its players by rank, each as id and username, and the source of the page."""
    page = await process.query.page(LADDER, 1, 100)
    return [(entry.user_id, entry.username) for entry in page.entries], page.source


async def source(process: Process) -> Source:
    return (await ranked(process))[1]


class Elapsed:
    """Monotonic clock that advances when a test says so, or while a declaration waits to take effect."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def elapsed(monkeypatch: pytest.MonkeyPatch) -> Elapsed:
    """Clock that the test controls. On a slow machine with a real clock, the index would count as current too briefly.

    After a negative check, the next read checks again at once.
    """
    elapsed = Elapsed()
    monkeypatch.setattr(trust, "monotonic", elapsed)
    monkeypatch.setattr(trust, "_REFUSAL_S", 0)
    monkeypatch.setattr(trust, "_PATIENCE_S", PATIENCE_S)
    monkeypatch.setattr(declaring, "monotonic", elapsed)
    monkeypatch.setattr(declaring, "asyncio", SimpleNamespace(Lock=asyncio.Lock, sleep=elapsed.sleep))
    return elapsed


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    await made.one.maintain.reconcile()
    assert await source(made.one) is Source.INDEX
    assert await source(made.other) is Source.INDEX
    yield made
    for process in (made.one, made.other):
        await process.trust.close()


async def test_a_process_that_starts_catches_the_index_up_first(world: World) -> None:
    """A new process adds the updates of a dead process to the index before it reads from the index."""
    await world.commit(1, 5)
    assert await ranked(world.start()) == ([(1, "player 1")], Source.INDEX)


async def test_a_process_that_starts_asks_the_store_while_another_catches_the_index_up(world: World) -> None:
    await world.commit(1, 5)
    assert await world.index.lease("maintain", "another", 60)
    process = world.start()
    assert await ranked(process) == ([(1, "player 1")], Source.STORE)
    assert await world.submit(process, 2, 4) is None
    token = await world.index.begin_catch_up()
    assert await world.index.finish_catch_up(token)
    assert await source(process) is Source.INDEX


async def test_a_catch_up_that_began_before_the_doubt_is_not_enough(world: World) -> None:
    assert await world.index.lease("maintain", "another", 60)
    token = await world.index.begin_catch_up()
    process = world.start()
    assert await source(process) is Source.STORE
    assert await world.index.finish_catch_up(token)
    assert await source(process) is Source.STORE
    await world.index.finish_catch_up(await world.index.begin_catch_up())
    assert await source(process) is Source.INDEX


async def test_nobody_believes_an_index_that_one_process_could_not_update(world: World) -> None:
    """One process has a pending update.

    The other process must not treat the index as current, although its own link to the index works.
    """
    world.link(world.one).is_cut = True
    assert await world.submit(world.one, 1, 5) is None
    for process in (world.one, world.other):
        assert await ranked(process) == ([(1, "player 1")], Source.STORE)
    assert await world.submit(world.other, 2, 4) is None
    world.link(world.one).is_cut = False
    assert await ranked(world.one) == ([(1, "player 1"), (2, "player 2")], Source.INDEX)
    assert await ranked(world.other) == ([(1, "player 1"), (2, "player 2")], Source.INDEX)
    assert await world.processes.declared() == []


async def test_nobody_believes_an_index_that_missed_a_name(world: World) -> None:
    await world.submit(world.one, 1, 5)
    world.link(world.one).is_cut = True
    await world.one.players.change(1, {"username": "Ada"}, "cli")
    for process in (world.one, world.other):
        assert await ranked(process) == ([(1, "Ada")], Source.STORE)


async def test_an_update_is_acknowledged_once_no_process_believes_the_index(world: World) -> None:
    world.link(world.one).is_cut = True
    submitting = asyncio.create_task(world.submit(world.one, 1, 5))
    before = world.other.trust.current()
    assert before is not None
    await submitting
    assert not world.other.trust.holds(before)


async def test_who_waits_for_a_declaration_does_not_renew_it_once_the_updates_are_delivered(world: World) -> None:
    """The process must not renew the declaration: readers would withdraw it again, and so on without end."""
    world.link(world.one).is_cut = True
    submitting = asyncio.gather(*(world.submit(world.one, user_id, user_id) for user_id in (1, 2, 3)))

    async def all_wait() -> bool:
        return world.link(world.one).refused["apply_all"] == 3 and bool(await world.processes.declared())

    await until(all_wait, "the declaration, and the failure of all updates")
    world.link(world.one).is_cut = False
    await world.one.delivery.settle()
    assert await world.processes.declared() == []
    async with asyncio.timeout(PATIENCE_S):
        assert await submitting == [None, None, None]
    assert await world.processes.declared() == []


async def test_an_update_that_comes_while_a_declaration_is_withdrawn_is_declared(world: World) -> None:
    world.link(world.one).is_cut = True
    await world.submit(world.one, 1, 5)
    withdraw = world.processes.withdraw

    async def withdrawn_beside_an_update(*args: Any, **options: Any) -> None:
        world.link(world.one).is_cut = True
        submitting.append(asyncio.create_task(world.submit(world.one, 2, 4)))
        await until(lambda: world.one.delivery.has_pending, "the update to be pending")
        await withdraw(*args, **options)

    submitting: list[asyncio.Task[int | None]] = []
    world.processes.withdraw = withdrawn_beside_an_update  # type: ignore[method-assign]
    world.link(world.one).is_cut = False
    await world.one.delivery.settle()
    world.processes.withdraw = withdraw  # type: ignore[method-assign]
    await asyncio.gather(*submitting)
    assert len(await world.processes.declared()) == 1


async def test_what_cannot_be_declared_is_not_acknowledged(world: World) -> None:
    world.link(world.one).is_cut = True
    world.processes.available = False
    with pytest.raises(StoreUnavailable):
        await world.submit(world.one, 1, 5)


async def test_an_erasure_and_a_rename_reach_an_index_that_was_away(world: World) -> None:
    for user_id in (1, 2, 3):
        await world.submit(world.one, user_id, user_id)
    world.link(world.one).is_cut = True
    await world.erase(world.one, 2)
    await world.one.players.change(1, {"username": "Ada"}, "cli")
    expected = [(3, "player 3"), (1, "Ada")]
    for process in (world.one, world.other):
        assert await ranked(process) == (expected, Source.STORE)
    world.link(world.one).is_cut = False
    for process in (world.one, world.other):
        assert await ranked(process) == (expected, Source.INDEX)


async def test_what_comes_late_of_an_erased_player_stays_away(world: World) -> None:
    """Apply an update after the player's erasure, like a process that was frozen between commit and update."""
    await world.commit(1, 5)
    [late] = await world.store.standings(LADDER, [1])
    await world.erase(world.one, 1)
    await world.index.apply(LADDER, [late])
    assert await ranked(world.other) == ([], Source.INDEX)


@pytest.mark.parametrize("is_cut", [False, True])
async def test_a_player_created_anew_under_a_clock_that_was_put_back_is_ranked(world: World, is_cut: bool) -> None:
    """The new player's revisions are lower than the revisions of the removed standings from the erasure."""
    await world.submit(world.one, 1, 5)
    world.now += 3_000
    await world.submit(world.one, 1, 6)
    await world.erase(world.one, 1)
    world.now -= 3_000
    world.link(world.one).is_cut = is_cut
    await world.submit(world.one, 1, 4)
    world.link(world.one).is_cut = False
    assert await ranked(world.other) == ([(1, "player 1")], Source.STORE if is_cut else Source.INDEX)
    for process in (world.one, world.other):
        assert await ranked(process) == ([(1, "player 1")], Source.INDEX)


async def test_what_a_dead_process_held_is_caught_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.link(world.one).is_cut = True
    await world.submit(world.one, 1, 5)
    monkeypatch.setattr(trust, "DECLARATION_MS", 0)
    monkeypatch.setattr("leaderforge.services.maintain.DECLARATION_MS", 0)
    assert await ranked(world.other) == ([(1, "player 1")], Source.INDEX)
    assert await world.processes.declared() == []


async def test_a_declaration_is_renewed_while_updates_are_pending(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.link(world.one).is_cut = True
    await world.submit(world.one, 1, 5)
    declared: list[UUID] = []

    async def declare(process_id: UUID) -> None:
        declared.append(process_id)

    monkeypatch.setattr(world.processes, "declare", declare)
    await world.one.delivery.settle()
    assert declared == []
    monkeypatch.setattr(declaring, "_RENEWAL_S", 0)
    await world.one.delivery.settle()
    assert len(declared) == 1
    world.link(world.one).is_cut = False
    await world.one.delivery.settle()
    assert await world.processes.declared() == []


async def test_a_broken_connection_has_the_index_caught_up(world: World) -> None:
    """After a broken connection, a replica without the last writes may have become the primary."""
    await world.submit(world.one, 1, 5)
    await world.commit(2, 9)
    world.link(world.other).disruptions += 1
    assert await ranked(world.other) == ([(2, "player 2"), (1, "player 1")], Source.INDEX)


@pytest.mark.parametrize("later_ms", [86_400_000, 1 - COMMIT_LIMIT_MS])
async def test_a_watermark_that_is_too_late_is_none(world: World, elapsed: Elapsed, later_ms: int) -> None:
    """Ignore a watermark in the future: a clock was set back. Repairs would skip all events before the watermark."""
    await world.commit(1, 5)
    await world.index.advance(world.now + later_ms)
    elapsed.now += BELIEF_MS / 1000
    assert await ranked(world.other) == ([(1, "player 1")], Source.INDEX)
    assert max(mark or 0 for mark in await world.index.watermarks()) <= world.now - COMMIT_LIMIT_MS


async def test_a_watermark_that_is_too_late_has_reconciliation_rebuild(world: World) -> None:
    await world.index.advance(world.now + 86_400_000)
    await world.commit(1, 5)
    assert await world.one.maintain.reconcile() == 1


async def test_a_watermark_that_fell_has_the_index_caught_up(world: World, elapsed: Elapsed) -> None:
    """A watermark that has decreased means that a node has restarted from an old snapshot. A catch-up must follow."""
    await world.submit(world.one, 1, 5)
    world.now += SETTLE_MS
    await world.one.maintain.reconcile()
    elapsed.now += BELIEF_MS / 1000
    assert await source(world.other) is Source.INDEX
    old = [mark - 1000 for mark in await world.index.watermarks() if mark is not None]
    await world.index.finish_rebuild(await world.index.begin_rebuild([LADDER], [0, 1]), [0, 1], min(old))
    elapsed.now += BELIEF_MS / 1000
    world.now += 1000
    assert await ranked(world.other) == ([(1, "player 1")], Source.INDEX)


async def test_an_answer_is_not_given_if_the_belief_broke_meanwhile(world: World) -> None:
    await world.submit(world.one, 1, 5)
    belief = await world.one.trust.enter()
    world.link(world.one).disruptions += 1
    with pytest.raises(IndexUnavailable):
        world.one.trust.leave(belief)


async def test_a_lapse_of_the_belief_is_noticed_though_it_was_renewed_since(world: World, elapsed: Elapsed) -> None:
    belief = world.one.trust.current()
    elapsed.now += BELIEF_MS / 1000
    assert await world.one.trust.is_believed()
    assert not world.one.trust.holds(belief)


async def test_that_a_player_is_not_ranked_is_believed_as_little(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.submit(world.one, 1, 5)
    rows = world.index.rows

    async def rows_that_break(*args: object) -> object:
        world.link(world.one).disruptions += 1
        return {} if args else await rows(LADDER, [])

    monkeypatch.setattr(world.index, "rows", rows_that_break)
    page = await world.one.query.around(LADDER, 1, 3)
    assert ([entry.user_id for entry in page.entries], page.source) == ([1], Source.STORE)


async def test_reads_go_on_while_the_store_does_not_answer(world: World, elapsed: Elapsed) -> None:
    """The index stays current: without the store, no process can acknowledge a change that the index lacks."""
    await world.submit(world.one, 1, 5)
    assert await source(world.other) is Source.INDEX
    world.processes.available = False
    for _ in range(3):
        elapsed.now += 0.4
        assert await world.other.trust.renewed() is not None
    world.processes.available = True
    await world.processes.declare(uuid4())
    elapsed.now += BELIEF_MS / 1000
    assert await source(world.other) is Source.STORE


async def test_an_answer_without_the_store_claims_only_the_time_before_the_outage(
    world: World, elapsed: Elapsed
) -> None:
    """Cut `other` off the store, and `one` off the index. Then `one` acknowledges a score that the index lacks."""
    await world.submit(world.one, 1, 5)
    assert await source(world.other) is Source.INDEX
    before_outage = world.now
    world.now += 10_000
    world.processes.available = False
    elapsed.now += 0.4
    assert await world.other.trust.renewed() is not None
    world.processes.available = True
    world.link(world.one).is_cut = True
    await world.submit(world.one, 2, 9)
    world.processes.available = False
    page = await world.other.query.page(LADDER, 1, 10)
    assert ([entry.user_id for entry in page.entries], page.source) == ([1], Source.INDEX)
    assert page.as_of == before_outage
    assert (await world.other.query.rank(LADDER, 1)).as_of == before_outage
    assert (await world.other.query.lookup(LADDER, [1])).as_of == before_outage
    world.processes.available = True
    elapsed.now += BELIEF_MS / 1000
    page = await world.other.query.page(LADDER, 1, 10)
    assert ([entry.user_id for entry in page.entries], page.source) == ([2, 1], Source.STORE)
    assert page.as_of == world.now


async def test_another_outage_of_the_store_is_not_the_same_one(world: World, elapsed: Elapsed) -> None:
    """Treat two outages as different: in between, another process may have declared and acknowledged updates."""
    world.processes.available = False
    assert await world.other.trust.renewed() is not None
    await world.other.trust.close()
    elapsed.now += 60
    assert await world.other.trust.renewed() is None
    world.processes.available = True
    assert await source(world.other) is Source.INDEX


async def test_a_process_that_starts_without_the_store_believes_nothing(world: World) -> None:
    await world.submit(world.one, 1, 5)
    world.processes.available = False
    world.store.available = False
    process = world.start()
    with pytest.raises(IndexUnavailable):
        await process.query.rank(LADDER, 1)
    world.processes.available = world.store.available = True
    assert (await process.query.rank(LADDER, 1)).source is Source.INDEX
    with pytest.raises(NotRanked):
        await process.query.rank(LADDER, 2)


async def test_a_closed_process_renews_nothing(world: World) -> None:
    running = asyncio.all_tasks()
    await world.one.trust.close()
    assert any(task.cancelled() for task in running)
