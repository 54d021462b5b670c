"""Settlement of periods over in-memory adapters, with parts that record the chunks that they write."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.memory.outbox import MemoryOutbox
from leaderforge.adapters.memory.period_store import MemoryPeriodStore
from leaderforge.adapters.memory.settlement_store import MemorySettlementStore
from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Backfill, Board, Ladder
from leaderforge.domain.errors import StoreUnavailable
from leaderforge.domain.periods import PeriodKind
from leaderforge.domain.settlement import (
    EARLIER,
    Position,
    SettledPeriods,
    Settlement,
    SettlementFault,
    SettlementProgress,
    SettlementStep,
)
from leaderforge.domain.timing import LAST_COUNT_MS
from leaderforge.services import settlement as settlement_module
from leaderforge.services.settlement import SettlementService
from tests.unit.test_rollover import DAY, GRACE, MIDNIGHT, World

CHUNKS = 3


class NotedPart:
    """Part that settles days in chunks, and records each written chunk.

    It fails once before it writes the chunk `fails_at`, and once after it has written the chunk `dies_after`.
    """

    def __init__(self, name: str, store: MemorySettlementStore, written: list[tuple[str, int, int]]) -> None:
        self.name = name
        self.since: int | None = MIDNIGHT
        self.fails_at: int | None = None
        self.dies_after: int | None = None
        self._store = store
        self._written = written

    def periods(self, board: Board) -> SettledPeriods | None:
        if board.slug != "b" or self.since is None:
            return None
        return SettledPeriods(PeriodKind.DAILY, self.since)

    async def settle_chunk(self, ladder: Ladder, progress: SettlementProgress) -> Position | None:
        chunk = progress.position.get("chunk", 0)
        if chunk == CHUNKS:
            return None
        self._fail_once("fails_at", chunk)
        step = SettlementStep(ladder, progress, {"chunk": chunk + 1, EARLIER: progress.earlier})
        self._store.make_step(step)
        self._written.append((self.name, ladder.period, chunk))
        self._fail_once("dies_after", chunk)
        return step.position

    async def faults(self, ladder: Ladder, settlement: Settlement) -> Sequence[SettlementFault]:
        return [SettlementFault(ladder.board.slug, ladder.period_name, self.name)]

    def _fail_once(self, name: str, chunk: int) -> None:
        if getattr(self, name) == chunk:
            setattr(self, name, None)
            raise StoreUnavailable("the process was killed")


class Settling:
    """Daily board with scores on two days, and the settlement of its periods."""

    def __init__(self) -> None:
        self.world = World()
        self.store = MemorySettlementStore(MemoryOutbox())
        self.written: list[tuple[str, int, int]] = []
        self.parts = [NotedPart(name, self.store, self.written) for name in ("first", "second")]
        self.service = self.process()
        self.ladders: list[Ladder] = []

    def process(self, index: MemoryIndex | None = None) -> SettlementService:
        """Return the settlement service of a new process, with leases in `index`, by default with leases of its own."""
        world = self.world
        leases = index or MemoryIndex(partitions=1)
        periods = MemoryPeriodStore(world.store)
        parts = world.store, periods, self.store, self.parts, leases, world.clock, Fanout([])
        return SettlementService(*parts, grace_ms=GRACE)

    async def set_backfill(self, backfill: Backfill | None) -> None:
        """Store the pending backfill of the board."""
        act = AuditEntry(self.world.now, "tests", "board.change", "b")
        await self.world.store.change_board("b", lambda board: replace(board, backfill=backfill), act)

    def expected(self, *ladders: Ladder) -> list[tuple[str, int, int]]:
        return [(name, lad.period, i) for lad in ladders for name in ("first", "second") for i in range(CHUNKS)]


@pytest.fixture
async def settling() -> Settling:
    made = Settling()
    board = await made.world.board(PeriodKind.DAILY)
    made.ladders = [await made.world.score(board, at=MIDNIGHT + day * DAY) for day in range(2)]
    return made


async def test_a_period_is_settled_after_its_end_its_grace_and_the_last_commit(settling: Settling) -> None:
    settling.world.now = MIDNIGHT + DAY + GRACE + LAST_COUNT_MS - 1
    assert await settling.service.run() == 0
    assert settling.written == []
    settling.world.now += 1
    assert await settling.service.run() == 1
    assert settling.written == settling.expected(settling.ladders[0])


async def test_settling_again_changes_nothing(settling: Settling) -> None:
    settling.world.now = MIDNIGHT + 3 * DAY
    assert await settling.service.run() == 2
    assert await settling.service.run() == 0
    assert await settling.process().run() == 0
    assert settling.written == settling.expected(*settling.ladders)
    stored = await settling.store.settlements(settling.ladders[0].board, 0)
    assert [s.settled_at for s in stored.values()] == [settling.world.now] * 2


@pytest.mark.parametrize("moment", ["fails_at", "dies_after"])
@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize("part", range(2))
async def test_a_killed_settlement_continues_where_it_stopped(
    settling: Settling, part: int, chunk: int, moment: str
) -> None:
    settling.world.now = MIDNIGHT + 3 * DAY
    setattr(settling.parts[part], moment, chunk)
    with pytest.raises(StoreUnavailable):
        await settling.service.run()
    assert await settling.process().run() == 2
    assert settling.written == settling.expected(*settling.ladders)


async def test_periods_that_ended_before_the_start_of_a_part_are_not_settled(settling: Settling) -> None:
    for part in settling.parts:
        part.since = MIDNIGHT + DAY
    settling.world.now = MIDNIGHT + 3 * DAY
    assert await settling.service.run() == 1
    assert settling.written == settling.expected(settling.ladders[1])


@pytest.mark.parametrize("day", range(2))
async def test_a_period_and_later_ones_wait_for_a_backfill(settling: Settling, day: int) -> None:
    since = MIDNIGHT + day * DAY
    settling.world.now = MIDNIGHT + 3 * DAY
    await settling.set_backfill(Backfill((PeriodKind.DAILY,), since, since + 1))
    assert await settling.service.run() == day
    assert settling.written == settling.expected(*settling.ladders[:day])
    await settling.set_backfill(None)
    assert await settling.service.run() == 2 - day
    assert settling.written == settling.expected(*settling.ladders)


async def test_a_process_without_the_lease_does_nothing(settling: Settling) -> None:
    leases = MemoryIndex(partitions=1)
    settling.world.now = MIDNIGHT + 3 * DAY
    assert await leases.lease("settlement", "another", 60)
    assert await settling.process(leases).run() == 0
    assert settling.written == []


async def test_a_part_that_was_switched_off_does_not_stop_a_settlement(settling: Settling) -> None:
    settling.world.now = MIDNIGHT + 3 * DAY
    settling.parts[0].fails_at = 1
    with pytest.raises(StoreUnavailable):
        await settling.service.run()
    del settling.parts[0]
    assert await settling.process().run() == 2


async def test_results_stay_if_the_part_in_progress_is_unknown(settling: Settling) -> None:
    settling.world.now = MIDNIGHT + 3 * DAY
    settling.parts[1].fails_at = 1
    with pytest.raises(StoreUnavailable):
        await settling.service.run()
    del settling.parts[1]
    assert await settling.process().run() == 2
    firsts = [chunk for chunk in settling.expected(*settling.ladders) if chunk[0] == "first"]
    assert [chunk for chunk in settling.written if chunk[0] == "first"] == firsts


@pytest.mark.parametrize("since", [None, MIDNIGHT + 9 * DAY])
async def test_a_part_in_progress_ends_after_the_board_has_changed(settling: Settling, since: int | None) -> None:
    settling.world.now = MIDNIGHT + DAY + GRACE + LAST_COUNT_MS
    settling.parts[1].dies_after = 1
    with pytest.raises(StoreUnavailable):
        await settling.service.run()
    for part in settling.parts:
        part.since = since
    assert await settling.process().run() == 1
    assert settling.written == settling.expected(settling.ladders[0])


@pytest.mark.parametrize("since", [None, MIDNIGHT + 9 * DAY])
async def test_only_the_last_part_of_a_reopened_period_runs_again(settling: Settling, since: int | None) -> None:
    settling.world.now = MIDNIGHT + 3 * DAY
    await settling.service.run()
    settling.written.clear()
    for part in settling.parts:
        part.since = since
    assert settling.store.reopen(settling.ladders[0], "second")
    assert await settling.service.run() == 1
    assert settling.written == [("second", settling.ladders[0].period, i) for i in range(CHUNKS)]
    assert await settling.service.run() == 0


async def test_a_reopened_period_is_settled_at_any_age(settling: Settling, monkeypatch: pytest.MonkeyPatch) -> None:
    settling.world.now = MIDNIGHT + 3 * DAY
    await settling.service.run()
    monkeypatch.setattr(settlement_module, "_MAX_PERIODS", 1)
    assert settling.store.reopen(settling.ladders[0], "second")
    assert await settling.service.run() == 1


async def test_an_expired_period_is_not_settled_again(settling: Settling) -> None:
    settling.world.now = MIDNIGHT + 3 * DAY
    await settling.service.run()
    settling.written.clear()
    assert settling.store.reopen(settling.ladders[0], "second")
    await settling.world.periods.expire(settling.ladders[0], settling.world.now)
    assert await settling.service.run() == 0
    assert settling.written == []


async def test_faults_of_settled_periods_only_are_listed(settling: Settling) -> None:
    settling.world.now = MIDNIGHT + DAY + GRACE + LAST_COUNT_MS
    assert await settling.service.faults() == []
    await settling.service.run()
    name = settling.ladders[0].period_name
    assert await settling.service.faults() == [SettlementFault("b", name, part) for part in ("first", "second")]
