"""Reads within segments return the same as a reference program, through changes of attributes, hiding and erasures."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import product
from random import Random
from typing import Any
from uuid import UUID

import pytest

from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.redis.cluster import Cluster
from leaderforge.adapters.redis.index import RedisIndex
from leaderforge.adapters.redis.segment_ids import segment_id
from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.domain.boards import Board, Ladder, Order, Policy, RankStyle
from leaderforge.domain.order import sort_key
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.players import Player
from leaderforge.domain.score_types import ScoreType
from leaderforge.domain.segments import Segment, segment_values
from leaderforge.domain.sharding import partition_of
from leaderforge.domain.sources import Source
from leaderforge.domain.standings import HIDDEN_PLAYER, Event, Standing
from leaderforge.domain.submissions import Submission
from leaderforge.ports.index import RankIndex
from leaderforge.services import comparing
from leaderforge.services.comparison import Difference, DifferenceKind
from leaderforge.services.distribution import DistributionService
from leaderforge.services.moderation import AuditContext, ModerationService
from leaderforge.services.receipts import WITH_RANK, Receipt
from leaderforge.services.submit import SubmitService
from leaderforge.services.verification import VerificationService
from tests.acceptance.conftest import lasting_belief
from tests.acceptance.test_oracle import DAY, MIDNIGHT, Clock, check_reads
from tests.contract.index_fixtures import NewIndex, cluster, new_index, new_redis_index
from tests.contract.store_fixtures import Stores
from tests.delivering import Process
from tests.index_contents import contents
from tests.oracle import Oracle
from tests.waiting import until

__all__ = ["cluster", "lasting_belief", "new_index"]

pytestmark = pytest.mark.usefixtures("lasting_belief")

ATTRIBUTES = ("country", "platform")
COUNTRIES = ("FI", "SE", "Côte d'Ivoire", None)
PLATFORMS = ("pc", "phone")
GROUNDS = AuditContext("key:ops", None)
TELEMETRY = Fanout([])
PLAYERS = 40


class World:
    """Product on one store and one index, and the expected state of one board with segments.

    The board ranks days and all time. Yesterday ended at `MIDNIGHT`.
    """

    def __init__(self, stores: Stores, index: RankIndex, board: Board, random: Random) -> None:
        stores.clock.ms = MIDNIGHT + DAY - 1
        clock = Clock()
        clock.now = stores.clock.ms
        self.stores, self.index, self.board, self.random = stores, index, board, random
        self.process = Process(stores.scores, stores.users, index, clock=clock, telemetry=TELEMETRY)
        delivery = self.process.delivery
        self.query = self.process.query
        self.distributions = DistributionService(self.process.reader)
        self.submits = SubmitService(stores.scores, delivery, self.process.trust, TELEMETRY)
        self.moderation = ModerationService(stores.moderation, delivery, self.process.reader, clock, clock)
        self.records = stores.record_service(delivery, clock)
        self.yesterday, self.today, self.ever = (
            board.ladders_at(MIDNIGHT - 1)[0],
            board.ladders_at(MIDNIGHT)[0],
            Ladder(board),
        )
        self.events: list[Event] = []
        self.attributes: dict[int, Mapping[str, str]] = {}
        self.segments: dict[Ladder, dict[int, tuple[str | None, ...]]] = {
            ladder: {} for ladder in (self.yesterday, self.today, self.ever)
        }
        self.hidden: set[int] = set()

    async def start(self) -> None:
        """Create the players, some of them without attributes, and build the index."""
        players = [self._new_player(i) for i in range(PLAYERS)]
        await self.stores.users.create(players)
        await self.process.maintain.reconcile()
        await until(self.process.trust.is_believed, "the index to be believed")

    def _new_player(self, user_id: int) -> Player:
        self.attributes[user_id] = self._some_attributes()
        return Player(user_id, f"player {user_id}", None, 0, attributes=self._text_of(user_id))

    def _text_of(self, user_id: int) -> str | None:
        return json.dumps(self.attributes[user_id]) if self.attributes[user_id] else None

    def _some_attributes(self) -> Mapping[str, str]:
        """Return random attributes, sometimes none."""
        values = {"country": self.random.choice(COUNTRIES), "platform": self.random.choice(PLATFORMS), "level": "7"}
        return (
            {name: value for name, value in values.items() if value is not None} if self.random.random() < 0.7 else {}
        )

    async def step(self) -> None:
        """Make one random change: submit, change attributes, hide, unhide or erase."""
        user_id = self.random.choice(list(self.attributes))
        match self.random.choices(("submit", "attributes", "hide", "unhide", "erase"), (60, 25, 8, 5, 2))[0]:
            case "submit":
                # If a player has several of the submissions, they are not written in one statement.
                await self.submit(self.random.choices(list(self.attributes), k=self.random.choice([3, 8])))
            case "attributes":
                await self.change(user_id)
            case "hide" if user_id not in self.hidden:
                await self.moderation.hide_player(user_id, GROUNDS)
                self.hidden.add(user_id)
            case "unhide" if self.hidden:
                shown = self.hidden.pop()
                await self.moderation.unhide_player(shown, GROUNDS)
            case "erase" if len(self.attributes) > PLAYERS - 5:
                await self.erase(user_id)

    async def submit(self, user_ids: Sequence[int]) -> None:
        events = [Event(i, UUID(int=self.random.getrandbits(128)), self._score(), self._time()) for i in user_ids]
        ladders = [self.board.ladders_at(event.achieved_at) for event in events]
        for event, of_event in zip(events, ladders, strict=True):
            for ladder in of_event:
                values = segment_values(self._text_of(event.user_id), ATTRIBUTES)
                self.segments[ladder].setdefault(event.user_id, values)
        self.events += events
        submissions = [Submission(of_event, event) for event, of_event in zip(events, ladders, strict=True)]
        receipts = await self.submits.submit_many(submissions, WITH_RANK)
        for submission, receipt in zip(submissions, receipts, strict=True):
            assert isinstance(receipt, Receipt)
            self._check_receipt(submission, receipt)

    def _score(self) -> int:
        """Return a random score. Long scores differ in digits that a float does not have."""
        return self.random.randint(-4, 9) + (2**53 if self.board.score_type is ScoreType.INT64 else 0)

    def _time(self) -> int:
        return self.random.choice([MIDNIGHT - 2, MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + 1])

    def _check_receipt(self, submission: Submission, receipt: Receipt) -> None:
        if receipt.user_id not in self.hidden:
            assert receipt.rank_in == self.ranks_in(submission.ladders[0], receipt.user_id)

    async def change(self, user_id: int) -> None:
        self.attributes[user_id] = self._some_attributes()
        text = self._text_of(user_id)
        await self.process.players.change(user_id, {"attributes": text}, "key:game")
        for ladder in (self.today, self.ever):
            if user_id in self.segments[ladder]:
                self.segments[ladder][user_id] = segment_values(text, ATTRIBUTES)

    async def erase(self, user_id: int) -> None:
        await self.records.erase(user_id, "key:ops")
        self.events = [event for event in self.events if event.user_id != user_id]
        self.hidden.discard(user_id)
        del self.attributes[user_id]
        for segments in self.segments.values():
            segments.pop(user_id, None)

    def oracle(self, ladder: Ladder) -> Oracle:
        """Return the expected lines of a ladder, restricted to its segment if it has one."""
        base = ladder._replace(segment=None)
        shown = {i for i in self.segments[base] if i not in self.hidden}
        if ladder.segment is not None:
            position = ladder.segment_position
            shown = {i for i in shown if self.segments[base][i][position] == ladder.segment.value}
        period = self.board.calendar.numbered(ladder.period)
        return Oracle(self.board, [e for e in self.events if e.user_id in shown and period.holds(e.achieved_at)])

    def ranks_in(self, ladder: Ladder, user_id: int) -> Mapping[str, int]:
        """Return the expected ranks of a player in the segments of a ladder."""
        values = zip(ATTRIBUTES, self.segments[ladder][user_id], strict=True)
        present = {name: value for name, value in values if value is not None}
        return {
            name: self.oracle(ladder._replace(segment=Segment(name, value))).line_of(user_id).rank
            for name, value in present.items()
        }

    def ladders(self) -> Sequence[Ladder]:
        """Return all ladders as a whole, and restricted to each segment with enough entries for every check."""
        segments = [Segment("country", value) for value in COUNTRIES if value] + [
            Segment("platform", value) for value in PLATFORMS
        ]
        restricted = (base._replace(segment=segment) for base in self.segments for segment in segments)
        return [*self.segments, *(ladder for ladder in restricted if self.oracle(ladder).total >= 6)]

    async def check(self, expect: Source) -> None:
        """Compare every read of every ladder with the oracle."""
        for ladder in self.ladders():
            await check_reads(self, ladder, self.oracle(ladder), self.random, expect=expect)  # type: ignore[arg-type]
        for ladder in self.segments:
            for line in self.random.sample(self.oracle(ladder).lines, 5):
                expected = self.ranks_in(ladder, line.user_id)
                assert (await self.query.rank(ladder, line.user_id)).entry.rank_in == expected
                assert (await self.query.around(ladder, line.user_id, 2)).rank_in == expected

    async def check_index(self) -> None:
        """Check that index and store are equal."""
        for ladder in self.segments:
            async for standings in self.stores.scores.all_standings(ladder):
                assert await self.index.differences(ladder, standings) == []
        assert (await self.process.maintain.verify()).clean


async def plant(index: RankIndex, ladder: Ladder, standing: Standing, segment: Segment) -> None:
    """Add a stray entry: put the standing into a segment of the index, although the player is not in this segment."""
    if isinstance(index, MemoryIndex):
        index.plant_stray(ladder, standing.user_id, segment)
        return
    assert isinstance(index, RedisIndex)
    p, keys = partition_of(standing.user_id, index.partitions), index._keys
    await index._cluster.commands(
        [
            ("HSET", keys.segments(p, (ladder.board.id, ladder.period)), segment_id(*segment), ""),
            ("ZADD", keys.entries(p, ladder._replace(segment=segment)), 0, sort_key(ladder.board, standing)),
        ]
    )


async def new_world(stores: Stores, index: RankIndex, random: Random, score_type: ScoreType) -> World:
    board = await stores.board(
        policy=random.choice(list(Policy)),
        rank_style=random.choice(list(RankStyle)),
        calendar=Calendar((PeriodKind.DAILY, PeriodKind.ALL_TIME)),
        segments=ATTRIBUTES,
        score_type=score_type,
    )
    world = World(stores, index, board, random)
    await world.start()
    return world


FORMS = [
    pytest.param(
        (partitions, score_type), id=f"{partitions}-{score_type}", marks=() if partitions == 8 else pytest.mark.long
    )
    for partitions, score_type in product((8, 1, 32), ScoreType)
]
"""Numbers of partitions of the index, each with both types of scores."""


@pytest.fixture(params=FORMS)
async def world(request: pytest.FixtureRequest, database: Stores, cluster: Cluster) -> AsyncIterator[World]:
    partitions, score_type = request.param
    made = await new_world(database, new_redis_index(cluster, partitions), Random(partitions), score_type)
    yield made
    await made.process.close()


async def test_random_histories(world: World, cluster: Cluster) -> None:
    await world.submit(range(PLAYERS))
    for _ in range(80):
        await world.step()
    await world.check(Source.INDEX)
    await world.check_index()
    before = await contents(cluster, world.index)
    await world.process.maintain.rebuild()
    await world.check_index()
    assert await contents(cluster, world.index) == before
    assert (await world.process.maintain.rebuild_in_place()).corrected == 0
    assert await contents(cluster, world.index) == before


async def test_random_histories_in_the_store(world: World) -> None:
    # The new index is never built. Therefore the store answers all reads.
    await world.submit(range(PLAYERS))
    for _ in range(30):
        await world.step()
    away = new_redis_index(world.index._cluster, 3)  # type: ignore[attr-defined]
    assert await away.lease("maintain", "another", 600)
    process = Process(world.stores.scores, world.stores.users, away, clock=world.process.clock, telemetry=TELEMETRY)
    world.query, world.distributions = process.query, DistributionService(process.reader)
    await world.check(Source.STORE)
    await process.close()


async def test_verify_reports_a_stray_entry_and_the_verification_removes_it(
    world: World, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "RETRY_S", 0)
    await world.submit(range(PLAYERS))
    before = await contents(cluster, world.index)
    segments = world.segments[world.ever]
    user_id = next(i for i, (country, _) in segments.items() if country == "FI" and i not in world.hidden)
    [standing] = await world.stores.scores.standings(world.ever, [user_id])
    await plant(world.index, world.ever, standing, Segment("country", "Atlantis"))
    stray = Difference(world.board.slug, world.ever.period, user_id, DifferenceKind.STRAY)
    assert (await world.process.maintain.verify()).differences == [stray]
    repaired: list[Ladder | None] = []
    parts = world.stores.scores, world.stores.users, world.index, world.process.clock, TELEMETRY, repaired.append
    await VerificationService(*parts).run()
    state = await world.index.verification()
    assert state is not None
    assert (state.differing, repaired) == (1, [world.ever])
    await world.check_index()
    assert await contents(cluster, world.index) == before


@pytest.mark.parametrize("score_type", ScoreType)
@pytest.mark.parametrize("subscore_order", [None, Order.ASC])
async def test_strays_are_entries_outside_the_segments_of_a_value(
    new_index: NewIndex, score_type: ScoreType, subscore_order: Order | None
) -> None:
    settings: Any = {"score_type": score_type, "subscore_order": subscore_order}
    index, ladder = new_index(2), Ladder(Board(1, "cut", "Cut", segments=("country",), **settings))
    first = Standing(1, 5, 0, UUID(int=1), None, False, 1, 1, segments=("FI",))
    moved = first._replace(revision=2, segments=("SE",))
    hidden = Standing(2, 7, 0, UUID(int=2), None, False, 1, 1, segments=("SE",))
    await index.apply(ladder, [first, hidden])
    await index.apply(ladder, [moved, hidden._replace(revision=2, hidden=HIDDEN_PLAYER)])
    assert list(await index.strays(ladder)) == []
    await plant(index, ladder, moved, Segment("country", "FI"))
    await plant(index, ladder, hidden, Segment("country", "SE"))
    await plant(index, ladder, moved._replace(user_id=3), Segment("country", "SE"))
    for strays in (index.strays, index.remove_strays):
        assert sorted(await strays(ladder)) == [1, 2, 3]
    assert list(await index.strays(ladder)) == []
    assert list(await index.differences(ladder, [moved])) == []


@pytest.mark.parametrize("score_type", ScoreType)
@pytest.mark.parametrize("subscore_order", [None, Order.ASC])
@pytest.mark.parametrize("segments", [(), ("country",), ATTRIBUTES], ids=len)
async def test_a_dropped_ladder_leaves_no_key(
    cluster: Cluster, score_type: ScoreType, subscore_order: Order | None, segments: tuple[str, ...]
) -> None:
    index, settings = new_redis_index(cluster, 2), {"score_type": score_type, "subscore_order": subscore_order}
    ladder = Ladder(Board(1, "cut", "Cut", segments=segments, **settings))  # type: ignore[arg-type]
    values = ("FI", "pc")[: len(segments)]
    standings = [Standing(i, i, 0, UUID(int=i), None, True, 1, 1, segments=values) for i in range(1, 20)]
    await index.load(ladder, standings)
    assert len(await contents(cluster, index)) == 2 * (2 + len(segments))
    await index.drop(ladder)
    assert await contents(cluster, index) == {}
