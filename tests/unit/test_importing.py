import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.domain.boards import MAX_INTEGER, Board, Ladder, Policy, ScoreLimits
from leaderforge.domain.errors import (
    IndexUnavailable,
    LeaderForgeError,
    Refused,
    StoreUnavailable,
    SubmissionConflict,
    UsernameTaken,
)
from leaderforge.domain.name_rules import BASIC_RULES, NameRules, RefusedWords
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.players import Player
from leaderforge.domain.standings import Event, Standing
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.imports.lines import ScoreLine
from leaderforge.services.imported_lines import ImportRules, LineAcceptance
from leaderforge.services.imported_players import ImportedPlayers
from leaderforge.services.importing import Importer, ImportTally, Replace
from leaderforge.services.reception import ReceptionClock
from tests.delivering import Process
from tests.oracle import Oracle

DAY_MS = 86_400_000


class Service:
    """In-memory adapters, and importers over them."""

    def __init__(self) -> None:
        self.users = Users()
        self.store = Store(self.users)
        self.index = Index()
        self.delivery = Process(self.store, self.users, self.index).delivery
        self.ticks = count(1_750_000_000_000)
        self.reception_clock = ReceptionClock(lambda: 1_750_000_000_000_000)
        self.refused: list[tuple[int, str]] = []

    async def importer(
        self,
        batch: int = 1000,
        names: NameRules = BASIC_RULES,
        in_flight: int = 1,
        board: Board | None = None,
        replace: Replace | None = None,
    ) -> Importer:
        board = board or await self.store.board("default")
        assert board is not None
        return Importer(
            self.store,
            self.users,
            self.delivery,
            lambda: next(self.ticks),
            self.reception_clock,
            board,
            ImportRules(batch, in_flight=in_flight),
            names=names,
            refused=lambda number, reason: self.refused.append((number, reason)),
            replace=replace,
        )

    async def run(self, lines: Iterable[ScoreLine], batch: int = 1000) -> ImportTally:
        return await (await self.importer(batch)).run(lines)

    async def board(self) -> list[tuple[str, int, int, int]]:
        """Return the board, best first: name, score, submissions, time."""
        standings = sorted(await self._standings(), key=lambda s: (-s.score, s.achieved_at, s.user_id))
        return [(self.users.by_id[s.user_id].username, s.score, s.submissions, s.achieved_at) for s in standings]

    async def scores(self) -> dict[str, int]:
        return {name: score for name, score, _, _ in await self.board()}

    async def differing(self) -> Sequence[int]:
        """Return the players whose standings differ between index and store."""
        [ladder] = await self.store.ladders()
        return await self.index.differences(ladder, await self._standings())

    async def _standings(self) -> list[Standing]:
        [ladder] = await self.store.ladders()
        return [standing async for chunk in self.store.all_standings(ladder) for standing in chunk]


class Users(MemoryPlayerStore):
    """Player store that lets other tasks run during a call, as a database does. It refuses the names in `refusals`."""

    def __init__(self, *, unique_names: bool = True) -> None:
        super().__init__(unique_names=unique_names)
        self.refusals: dict[str, LeaderForgeError] = {}

    async def create(self, users: Sequence[Player]) -> Sequence[Player | LeaderForgeError]:
        await asyncio.sleep(0)
        wanted = [user for user in users if user.username not in self.refusals]
        created = dict(zip(wanted, await super().create(wanted), strict=True))
        await asyncio.sleep(0)
        return [created.get(user) or self.refusals[user.username] for user in users]

    async def ids_by_name(self, usernames: Collection[str]) -> Mapping[str, int]:
        await asyncio.sleep(0)
        return await super().ids_by_name(usernames)


class Store(MemoryScoreStore):
    """Score store that is unavailable for the batch `fails_at`, and for submissions with some scores."""

    def __init__(self, users: MemoryPlayerStore) -> None:
        super().__init__(users)
        self.batches = 0
        self.fails_at: int | None = None
        self.unavailable_scores: set[int] = set()
        self.after_batch: Callable[[], object] = lambda: None

    async def record(self, submissions: Sequence[Submission]) -> Sequence[Recorded | LeaderForgeError]:
        self.batches += 1
        fails = self.batches == self.fails_at
        await asyncio.sleep(0)
        if fails:
            raise StoreUnavailable("the database cannot be reached")
        lost = [s.event.score in self.unavailable_scores for s in submissions]
        results = iter(await super().record([s for s, gone in zip(submissions, lost, strict=True) if not gone]))
        self.after_batch()
        return [StoreUnavailable("a node is down") if gone else next(results) for gone in lost]


class Index(MemoryIndex):
    """Index that may be unavailable."""

    reachable = True

    async def load(self, ladder: Ladder, standings: Sequence[Standing]) -> None:
        if not self.reachable:
            raise IndexUnavailable("the rank index did not answer")
        assert len({s.user_id for s in standings}) == len(standings)
        await super().load(ladder, standings)


@pytest.fixture
def service() -> Service:
    return Service()


def lines_of(*scores: tuple[str, int], first: int = 1) -> list[ScoreLine]:
    return [ScoreLine(n, name, score, 1000 * n, UUID(int=n)) for n, (name, score) in enumerate(scores, first)]


async def test_creates_players_and_sums_their_scores(service: Service):
    tally = await service.run(lines_of(("Ann", 3), ("Ben", 4), ("Ann", 2)))
    assert tally == ImportTally(recorded=3, players_created=2)
    assert await service.board() == [("Ann", 5, 2, 3000), ("Ben", 4, 1, 2000)]
    assert await service.differing() == []


@pytest.mark.parametrize("batch", [1, 2, 1000])
async def test_names_that_differ_in_case_only_are_one_player(service: Service, batch: int):
    tally = await service.run(lines_of(("Ann", 1), ("ANN", 2), ("ann", 4), ("\uff21nn", 8), ("Ben", 16)), batch)
    assert tally == ImportTally(recorded=5, players_created=2)
    assert await service.scores() == {"Ann": 15, "Ben": 16}


async def test_players_there_before_are_found(service: Service):
    await service.users.create([Player(7, "Ann", None, 0)])
    tally = await service.run(lines_of(("ann", 1), ("Ben", 2)))
    assert tally.players_created == 1
    assert await service.scores() == {"Ann": 1, "Ben": 2}
    assert 7 in service.users.by_id


async def test_lines_of_equal_times_count_in_the_order_of_the_file(service: Service):
    board = await service.store.create_board(Board(0, "latest", "Latest", Policy.LATEST))
    importer = Importer(
        service.store, service.users, service.delivery, lambda: 0, service.reception_clock, board, ImportRules(2)
    )
    ids = (9, 2, 7, 1, 8, 3)
    await importer.run(ScoreLine(i, "Ann", i, 0, UUID(int=id_)) for i, id_ in enumerate(ids))
    [[standing]] = [chunk async for chunk in service.store.all_standings(Ladder(board))]
    assert (standing.score, standing.submissions) == (5, 6)


async def test_a_line_whose_id_was_recorded_with_other_content_is_refused(service: Service):
    await service.run([ScoreLine(1, "Ann", 3, 0, UUID(int=1)), ScoreLine(2, "Ann", 4, 0, UUID(int=1))])
    tally = await service.run(
        [
            ScoreLine(1, "Ann", 3, 1, UUID(int=1)),
            ScoreLine(2, "Ann", 3, None, UUID(int=1)),
            ScoreLine(3, "Ann", 3, 0, UUID(int=1)),
        ]
    )
    assert tally == ImportTally(duplicates=2, refused=1, conflicts=1)
    assert [number for number, _ in service.refused] == [2, 1]
    assert service.refused[0][1].endswith("a submission with this id is stored with score 3, not 4")
    assert "achieved_at" in service.refused[1][1]
    assert await service.board() == [("Ann", 3, 1, 0)]


class Midnight:
    """A board with days, lines of one day, and the end of this day."""

    AT = 1_750_000_000_000
    DAILY = Calendar((PeriodKind.ALL_TIME, PeriodKind.DAILY))

    def __init__(self, service: Service) -> None:
        self._service = service
        service.ticks = count(self.AT)

    async def board(self) -> Board:
        return await self._service.store.create_board(Board(0, "days", "Days", Policy.SUM, calendar=self.DAILY))

    def lines(self, *scores: int) -> list[ScoreLine]:
        return [ScoreLine(n, "Ann", score, self.AT, UUID(int=n)) for n, score in enumerate(scores, 1)]

    def strike(self) -> None:
        self._service.ticks = count(self.AT + DAY_MS)


async def test_lines_that_wait_count_only_in_the_periods_that_are_still_open(service: Service):
    midnight = Midnight(service)
    board = await midnight.board()
    service.store.after_batch = midnight.strike
    tally = await (await service.importer(board=board)).run(midnight.lines(1, 2, 4))
    assert tally == ImportTally(recorded=3, players_created=1, closed=2)
    standings = [await service.store.standings(lad, service.users.by_id) for lad in board.ladders_at(midnight.AT)]
    assert [(s.score, s.submissions) for [s] in standings] == [(7, 3), (1, 1)]


async def test_replacements_that_wait_count_only_in_the_periods_that_are_still_open(service: Service):
    midnight = Midnight(service)
    board = await midnight.board()
    replaced: list[Submission] = []

    async def replace(submission: Submission, _: SubmissionConflict) -> None:
        replaced.append(submission)
        midnight.strike()

    await (await service.importer(board=board)).run(midnight.lines(1, 2, 4))
    tally = await (await service.importer(board=board, replace=replace)).run(midnight.lines(3, 5, 6))
    assert (tally.replaced, tally.refused) == (3, 0)
    assert [(s.event.score, s.requested_at, len(s.ladders)) for s in replaced] == [
        (3, midnight.AT, 2),
        (5, midnight.AT, 1),
        (6, midnight.AT, 1),
    ]


async def test_importing_again_changes_nothing(service: Service):
    lines = lines_of(*[(f"player {i % 7}", i) for i in range(50)])
    await service.run(lines, batch=8)
    before = await service.board()
    tally = await service.run(lines, batch=13)
    assert tally == ImportTally(duplicates=50)
    assert await service.board() == before


async def test_a_line_that_occurs_twice_in_one_batch_counts_once(service: Service):
    tally = await service.run(lines_of(("Ann", 3)) * 2)
    assert (tally.recorded, tally.duplicates) == (1, 1)
    assert await service.scores() == {"Ann": 3}


@given(
    scores=st.lists(st.tuples(st.sampled_from("ABCDEFGH"), st.integers(0, 9), st.integers(1, 12)), max_size=40),
    batch=st.integers(1, 5),
)
async def test_overlapping_batches_count_as_batches_one_after_another(scores: list[tuple[str, int, int]], batch: int):
    lines = [
        ScoreLine(number, f"player {name}", score, 1000, UUID(int=line_id))
        for number, (name, score, line_id) in enumerate(scores, 1)
    ]
    results = []
    for in_flight in (1, 3):
        service = Service()
        tally = await (await service.importer(batch, in_flight=in_flight)).run(lines)
        assert await service.differing() == []
        results.append((tally, tally.duplicate_lines, service.refused, await service.board()))
    assert results[0] == results[1]


@given(
    scores=st.lists(st.tuples(st.sampled_from("ABCDE"), st.integers(0, 9), st.integers(1, 12)), max_size=40),
    batch=st.integers(1, 5),
)
async def test_lanes_keep_the_order_of_the_file_where_a_line_depends_on_earlier_ones(
    scores: list[tuple[str, int, int]], batch: int
):
    """Import with one batch in flight, and with several. The results must be equal, although some lines depend on
    earlier lines.

    A score limit may refuse a line because of the player's previous score. If several lines have the same submission
    id, the last line replaces the submission of the earlier lines.
    """
    lines = [
        ScoreLine(number, f"player {name}", score, 1000 * number, UUID(int=line_id))
        for number, (name, score, line_id) in enumerate(scores, 1)
    ]
    results = []
    for in_flight in (1, 3):
        service, replaced = Service(), list[tuple[str, int, int]]()

        async def replace(
            submission: Submission,
            _: SubmissionConflict,
            users: Users = service.users,
            log: list[tuple[str, int, int]] = replaced,
        ) -> None:
            await asyncio.sleep(0)
            event = submission.event
            log.append((users.by_id[event.user_id].username or "", event.submission_id.int, event.score))

        limits = ScoreLimits(max_change=3)
        board = await service.store.create_board(Board(0, "ruled", "Ruled", Policy.LATEST, limits=limits))
        tally = await (await service.importer(batch, in_flight=in_flight, board=board, replace=replace)).run(lines)
        results.append((tally, service.refused, sorted(replaced, key=lambda entry: entry[:2])))
    assert results[0] == results[1]


async def test_a_failed_import_counts_all_batches_in_flight(service: Service):
    lines = lines_of(*[(f"player {i}", i) for i in range(40)])
    service.store.fails_at = 2
    importer = await service.importer(batch=10, in_flight=3)
    with pytest.raises(StoreUnavailable):
        await importer.run(lines)
    recorded = importer.tally.recorded
    assert 0 < recorded == len(await service.board()) < 40
    tally = await service.run(lines, batch=10)
    assert (tally.recorded, tally.duplicates) == (40 - recorded, recorded)


async def test_an_import_that_failed_goes_on_where_it_stopped(service: Service):
    lines = lines_of(*[(f"player {i}", i) for i in range(40)])
    service.store.fails_at = 3
    importer = await service.importer(batch=10)
    with pytest.raises(StoreUnavailable):
        await importer.run(lines)
    assert importer.tally.recorded == 20
    tally = await service.run(lines, batch=10)
    assert (tally.recorded, tally.duplicates) == (20, 20)
    assert await service.scores() == {f"player {i}": i for i in range(40)}


async def test_lines_that_cannot_be_recorded_are_told_of_and_keep_no_other_back(service: Service):
    tally = await service.run(lines_of(("Ann", MAX_INTEGER), ("Ann", 1), ("Ben", 2), first=5))
    assert tally == ImportTally(recorded=2, refused=1, players_created=2)
    assert service.refused == [(6, "the player's score would leave the range of +-(2^53 - 1)")]
    assert await service.scores() == {"Ann": MAX_INTEGER, "Ben": 2}


async def test_whoever_is_told_of_a_refused_line_may_stop_with_the_tally_right(service: Service):
    def stop(number: int, reason: str) -> None:
        raise Refused(f"line {number}: {reason}")

    board = await service.store.board("default")
    assert board is not None
    importer = Importer(
        service.store,
        service.users,
        service.delivery,
        lambda: 0,
        ReceptionClock(lambda: 10**9),
        board,
        ImportRules(3),
        refused=stop,
    )
    with pytest.raises(Refused, match="line 2"):
        await importer.run(lines_of(("Ann", MAX_INTEGER), ("Ann", 1), ("Ben", 2), ("Cy", 3)))
    assert importer.tally == ImportTally(recorded=2, refused=1, players_created=2)
    assert await service.scores() == {"Ann": MAX_INTEGER, "Ben": 2}


async def test_a_player_that_cannot_be_created_costs_its_lines_only(service: Service):
    service.users.refusals = {"Eve": Refused("cannot be stored")}
    tally = await service.run(lines_of(("Ann", 1), ("Eve", 2), ("Ben", 3), ("Eve", 4)))
    assert tally == ImportTally(recorded=2, refused=2, players_created=2)
    assert service.refused == [(2, "cannot be stored"), (4, "cannot be stored")]
    assert await service.scores() == {"Ann": 1, "Ben": 3}


async def test_a_batch_of_which_nobody_can_be_created_is_refused(service: Service):
    service.users.refusals = dict.fromkeys(["Ann", "Ben"], UsernameTaken("the name is taken"))
    assert await service.run(lines_of(("Ann", 1), ("Ben", 3))) == ImportTally(refused=2)


async def test_a_node_that_is_down_stops_the_import_with_the_rest_recorded(service: Service):
    service.store.unavailable_scores = {2}
    lines = lines_of(("Ann", 1), ("Ben", 2), ("Cy", 3), ("Di", 4))
    importer = await service.importer(batch=3)
    with pytest.raises(StoreUnavailable, match="a node is down"):
        await importer.run(lines)
    assert importer.tally.recorded == 2
    assert await service.differing() == []
    service.store.unavailable_scores = set()
    assert (await service.run(lines)).recorded == 2
    assert await service.scores() == {"Ann": 1, "Ben": 2, "Cy": 3, "Di": 4}


async def test_an_index_out_of_reach_keeps_no_score_from_being_recorded(service: Service):
    service.index.reachable = False
    lines = lines_of(("Ann", 1), ("Ben", 2))
    tally = await service.run(lines, batch=1)
    assert tally == ImportTally(recorded=2, players_created=2, index_behind=True)
    assert len(await service.differing()) == 2
    service.index.reachable = True
    tally = await service.run(lines)
    assert tally == ImportTally(duplicates=2)
    assert await service.differing() == []


async def test_more_new_players_than_a_millisecond_has_ids_keep_the_order_of_the_file():
    players = ImportedPlayers(MemoryPlayerStore(), lambda: 1_750_000_000_000, BASIC_RULES)
    ids = await players.ids(lines_of(*[(f"player {i}", 1) for i in range(5000)]))
    assert players.created == len(ids) == 5000
    assert list(ids) == sorted(set(ids))


async def test_ids_that_are_taken_are_drawn_again(service: Service, monkeypatch: pytest.MonkeyPatch):
    await service.users.create([Player(1, "Ann", None, 0), Player(2, "Ben", None, 0)])
    drawn = iter([[1, 2, 3], [2, 4], [5]])
    monkeypatch.setattr("leaderforge.services.imported_players.new_user_ids", lambda _now, _count: next(drawn))
    tally = await service.run(lines_of(("Cy", 1), ("Di", 2), ("Ed", 3)))
    assert tally == ImportTally(recorded=3, players_created=3)
    assert {i: user.username for i, user in service.users.by_id.items()} == {
        1: "Ann",
        2: "Ben",
        3: "Ed",
        4: "Di",
        5: "Cy",
    }


async def test_forgets_ids_it_cannot_keep_at_hand_and_finds_them_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("leaderforge.services.imported_players._MAX_CACHED", 2)
    tally = await service.run(lines_of(*[(f"player {i % 5}", 1) for i in range(20)]), batch=3)
    assert tally == ImportTally(recorded=20, players_created=5)
    assert set((await service.scores()).values()) == {4}


async def test_concurrent_imports_of_one_file_count_once(service: Service):
    scores = [(f"{'Player' if i % 2 else 'player'} {i % 23}", i) for i in range(200)]
    tallies = await asyncio.gather(*(service.run(lines_of(*scores), batch) for batch in (7, 10, 33)))
    assert sum(tally.recorded for tally in tallies) == 200
    assert sum(tally.duplicates for tally in tallies) == 400
    assert sum(tally.players_created for tally in tallies) == 23
    assert sum(score for score in (await service.scores()).values()) == sum(range(200))
    assert await service.differing() == []


names = st.sampled_from(["Ann", "ann", "Ben", "BEN", "Cy"])


@given(st.lists(st.tuples(names, st.integers(-3, 3), st.integers(-5, 5)), max_size=30), st.integers(1, 9), st.data())
def test_any_run_of_imports_equals_the_oracle(rows: list[tuple[str, int, int]], batch: int, data: st.DataObject):
    lines = [ScoreLine(n, name, score, at, UUID(int=n)) for n, (name, score, at) in enumerate(rows)]
    parts = data.draw(st.permutations([lines, lines[: len(lines) // 2], lines[::3]]))
    asyncio.run(_equals_the_oracle(lines, parts, batch))


async def _equals_the_oracle(lines: list[ScoreLine], parts: list[Any], batch: int) -> None:
    service = Service()
    for part in parts:
        await service.run(part, batch)
    ids = {user.username.lower(): i for i, user in service.users.by_id.items()}
    board = await service.store.board("default")
    assert board is not None
    events = [Event(ids[line.player.lower()], line.submission_id, line.score, line.achieved_at) for line in lines]
    assert [(name, *rest) for name, *rest in await service.board()] == [
        (service.users.by_id[line.user_id].username, line.score, line.submissions, line.achieved_at)
        for line in Oracle(board, events).lines
    ]


async def test_external_ids_identify_players_and_names_are_given_at_first(service: Service):
    await service.users.create([Player(7, "Ann", None, 0, "steam-1"), Player(8, "Ben", None, 0)])
    lines = [
        ScoreLine(1, "Anna", 1, 1, UUID(int=1), "steam-1"),
        ScoreLine(2, "Cy", 2, 2, UUID(int=2), "steam-2"),
        ScoreLine(3, None, 3, 3, UUID(int=3), "steam-3"),
        ScoreLine(4, "Cy", 4, 4, UUID(int=4)),
        ScoreLine(5, None, 5, 5, UUID(int=5), "steam-2"),
        ScoreLine(6, "Ben", 6, 6, UUID(int=6), "Ann"),
    ]
    tally = await service.run(lines, batch=4)
    assert (tally.recorded, tally.players_created, tally.refused) == (5, 2, 1)
    [(line, reason)] = service.refused
    assert (line, "Ben" in reason or "taken" in reason) == (6, True)
    players = {user.external_id or user.username: user for user in service.users.by_id.values()}
    assert {key: user.username for key, user in players.items()} == {
        "steam-1": "Ann",
        "Ben": "Ben",
        "steam-2": "Cy",
        "steam-3": None,
    }
    totals = {standing.user_id: standing.score for standing in await service._standings()}
    assert {key: totals.get(user.user_id) for key, user in players.items()} == {
        "steam-1": 1,
        "Ben": None,
        "steam-2": 2 + 4 + 5,
        "steam-3": 3,
    }


async def test_lines_without_a_time_end_at_the_start_of_the_import_in_their_order(service: Service):
    board = await service.store.create_board(Board(0, "daily", "Daily", calendar=Calendar((PeriodKind.DAILY,))))
    midnight = 1_749_945_600_000
    for start, times in ((midnight + 10, [8, 9, 10]), (midnight + 1, [1, 1, 1])):
        acceptance = LineAcceptance(
            ImportRules(grace_ms=DAY_MS, expected_lines=3), board, lambda at=start: at, lambda at=start: at * 1000
        )
        lines = [ScoreLine(n, "Ann", n, None, UUID(int=n)) for n in range(3)]
        accepted = acceptance.submissions(board, lines, {})
        assert [s.event.achieved_at - midnight for s in accepted if isinstance(s, Submission)] == times
        assert [s.requested_at for s in accepted if isinstance(s, Submission)] == [None] * 3


async def test_new_players_need_names_within_the_rules(service: Service):
    await service.users.create([Player(1, "Adm\u0456n", None, 0)])
    names = NameRules(words=RefusedWords(["admin"]))
    tally = await (await service.importer(names=names)).run(
        [
            *lines_of(("Adm\u0456n", 1), ("Admin", 2), ("\u0410da", 3), ("Ada", 4)),
            ScoreLine(5, "admin", 5, 5, UUID(int=5), external_id="steam:5"),
            ScoreLine(6, None, 6, 6, UUID(int=6), external_id="steam:6"),
        ]
    )
    assert (tally.recorded, tally.players_created, [number for number, _ in service.refused]) == (3, 2, [2, 3, 5])


async def test_a_name_that_several_players_have_is_refused(service: Service):
    service.users = Users(unique_names=False)
    store = MemoryScoreStore(service.users)
    await service.users.create([Player(1, "Ann", None, 0), Player(2, "ANN", None, 0), Player(3, "Ben", None, 0)])
    board = await store.board("default")
    assert board is not None
    importer = Importer(
        store,
        service.users,
        Process(store, service.users, service.index).delivery,
        lambda: 10**12,
        service.reception_clock,
        board,
        ImportRules(),
        names=NameRules(unique=False),
        refused=lambda number, reason: service.refused.append((number, reason)),
    )
    lines = [
        *lines_of(("ann", 1), ("ben", 2), ("Cy", 3), ("CY", 4)),
        ScoreLine(5, None, 5, 5, UUID(int=5), user_id=2),
        ScoreLine(6, None, 6, 6, UUID(int=6), user_id=99),
    ]
    tally = await importer.run(lines)
    assert (tally.recorded, tally.players_created) == (4, 1)
    assert service.refused == [
        (1, "2 players have the name 'ann'; identify them by --player-id or --user-id"),
        (6, "there is no player 99"),
    ]
