"""Every read after any acts of moderators equals brute force, over in-memory and real stores."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from fractions import Fraction
from random import Random
from uuid import UUID

import pytest

from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.redis.cluster import Cluster
from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.domain.boards import Board, Ladder, Order, Policy, RankStyle
from leaderforge.domain.callers import COMMAND, player
from leaderforge.domain.errors import NotRanked
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.sources import Source
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Submission
from leaderforge.ports.index import RankIndex
from leaderforge.services.distribution import DistributionService
from leaderforge.services.entries import Entry
from leaderforge.services.moderation import AuditContext, ModerationService, ScoreToSet
from leaderforge.services.reception import ReceptionClock
from leaderforge.services.submit import SubmitService
from tests.acceptance.conftest import new_database
from tests.contract.index_fixtures import new_redis_index
from tests.contract.store_fixtures import Stores, in_memory, numbers, opened
from tests.delivering import Process
from tests.oracle import Line, Oracle

pytestmark = pytest.mark.usefixtures("lasting_belief")

NOON = 1_795_435_200_000
"""2026-11-23T12:00:00Z."""
DAY = 86_400_000
PLAYERS = range(1, 9)
STEPS = 120
WHY = AuditContext("key:ops", "a test")
TELEMETRY = Fanout([])
GAMES = [
    {"policy": Policy.SUM, "order": Order.DESC},
    {"policy": Policy.SUM, "order": Order.ASC, "rank_style": RankStyle.SHARED, "subscore_order": Order.DESC},
    {"policy": Policy.BEST, "order": Order.ASC, "subscore_order": Order.ASC},
    {"policy": Policy.BEST, "order": Order.DESC, "rank_style": RankStyle.SHARED},
    {"policy": Policy.LATEST, "order": Order.DESC, "subscore_order": Order.DESC},
    {"policy": Policy.BEST, "order": Order.DESC, "min_submissions": 3},
    {"policy": Policy.SUM, "order": Order.DESC, "rank_style": RankStyle.SHARED, "min_submissions": 2},
]
ON_SERVERS = [GAMES[1], GAMES[4], GAMES[5]]
"""Games that `make test` also plays on servers. Together they have each policy, order and rank style, and a minimum."""
CASES = [
    *(pytest.param("on_twins", rules) for rules in GAMES),
    *(pytest.param("on_servers", rules, marks=() if rules in ON_SERVERS else pytest.mark.long) for rules in GAMES),
]


class Product:
    """Services over stores and an index."""

    def __init__(self, stores: Stores, index: RankIndex) -> None:
        def clock() -> int:
            return NOON

        process = Process(stores.scores, stores.users, index, clock=clock, telemetry=TELEMETRY, top_ttl_ms=60_000)
        self.stores = stores
        self.query, self.maintain, self.close = process.query, process.maintain, process.close
        self.distributions = DistributionService(process.reader)
        self.submit = SubmitService(stores.scores, process.delivery, process.trust, TELEMETRY)
        self.reception_clock = ReceptionClock(lambda: clock() * 1000)
        self.moderation = ModerationService(
            stores.moderation, process.delivery, process.reader, clock, self.reception_clock
        )


@pytest.fixture
async def on_twins() -> AsyncIterator[Product]:
    product = Product(in_memory(), MemoryIndex(3))
    await product.maintain.reconcile()
    yield product
    await product.close()


@pytest.fixture
async def on_servers(valkey, postgres) -> AsyncIterator[Product]:
    cluster = Cluster(valkey.addresses, timeout_s=10)
    async for stores in opened(await new_database(postgres.dsn)):
        product = Product(stores, new_redis_index(cluster, 3))
        await product.maintain.reconcile()
        yield product
        await product.close()
    await cluster.close()


@pytest.fixture
def product(request: pytest.FixtureRequest) -> Product:
    """Product without data, of the fixture that the test names."""
    made: Product = request.getfixturevalue(request.param)
    return made


class Game:
    """Board, and the brute-force result of its events and acts."""

    def __init__(self, product: Product, board: Board) -> None:
        self.product = product
        self.board = board
        self.counting: defaultdict[int, list[Event]] = defaultdict(list)
        self.events: list[Event] = []
        self.void: set[UUID] = set()
        self.void_in: set[tuple[UUID, int]] = set()
        self.entered: defaultdict[int, set[int]] = defaultdict(set)
        self.hidden_entries: set[tuple[int, int]] = set()
        self.hidden_players: set[int] = set()

    async def submit(self, event: Event) -> None:
        ladders = self.board.ladders_at(event.achieved_at)
        receipt = await self.product.submit.submit(Submission(ladders, event))
        self.events.append(event)
        for ladder in ladders:
            self._count(ladder.period, event)
        # In the receipt of a hidden player, the rank is the one that the player would have if visible.
        seen = self.oracle(ladders[0].period, event.user_id)
        is_ranked = event.user_id not in seen.unranked
        assert receipt.rank == (seen.line_of(event.user_id).rank if is_ranked else None)

    async def step(self, random: Random) -> None:
        user_id = random.choice(PLAYERS)
        event = Event(
            user_id=user_id,
            submission_id=UUID(int=next(numbers)),
            score=random.randint(-3, 3),
            achieved_at=NOON - random.choice([0, 0, DAY]) - random.randint(0, 3),
            metadata=random.choice([None, '{"car": "kart"}']),
            subscore=random.randint(-2, 2) if self.board.subscore_order else 0,
            received_us=self.product.reception_clock(),
        )
        acts = [self.hide, self.unhide, self.hide_player, self.unhide_player, self.remove, self.remove_from, self.set]
        chance = random.random()
        if chance < 0.5:
            await self.submit(event)
        elif chance < 0.7 and self.events:
            await random.choice([self.remove_submission, self.restore_submission])(random.choice(self.events))
        else:
            await random.choice(acts)(event)

    async def hide(self, event: Event) -> None:
        if any(self._has(event.user_id, period) for period in list(self.counting)):
            await self.product.moderation.hide_entry(self.board, event.user_id, WHY)
            self.hidden_entries |= {(event.user_id, p) for p, users in self.entered.items() if event.user_id in users}

    async def unhide(self, event: Event) -> None:
        if any(self._has(event.user_id, period) for period in list(self.counting)):
            await self.product.moderation.unhide_entry(self.board, event.user_id, WHY)
            self.hidden_entries = {mark for mark in self.hidden_entries if mark[0] != event.user_id}

    async def hide_player(self, event: Event) -> None:
        await self.product.moderation.hide_player(event.user_id, WHY)
        self.hidden_players.add(event.user_id)

    async def unhide_player(self, event: Event) -> None:
        await self.product.moderation.unhide_player(event.user_id, WHY)
        self.hidden_players.discard(event.user_id)

    async def remove(self, event: Event) -> None:
        periods = [ladder.period for ladder in self.board.ladders_at(NOON)]
        if any(self._has(event.user_id, period) for period in periods):
            await self.product.moderation.remove_entry(self.board, event.user_id, WHY)
            self._void_all(event.user_id)
            self._drop(event.user_id, periods)

    async def remove_from(self, event: Event) -> None:
        ladder = self.board.ladders_at(event.achieved_at)[-1]
        if self._has(event.user_id, ladder.period):
            await self.product.moderation.remove_from(ladder, event.user_id, WHY)
            self.void_in |= {
                (e.submission_id, ladder.period)
                for e in self.events
                if e.user_id == event.user_id and ladder in self.board.ladders_at(e.achieved_at)
            }
            self._drop(event.user_id, [ladder.period])

    async def remove_submission(self, event: Event) -> None:
        ids = event.user_id, event.submission_id
        await self.product.moderation.remove_submission(self.board, *ids, WHY)
        for period in self._open_periods_of(event) if event.submission_id not in self.void else ():
            self.counting[period].remove(event)
        self.void.add(event.submission_id)

    async def restore_submission(self, event: Event) -> None:
        ids = event.user_id, event.submission_id
        await self.product.moderation.restore_submission(self.board, *ids, WHY)
        for period in self._open_periods_of(event) if event.submission_id in self.void else ():
            self._count(period, event)
        self.void.discard(event.submission_id)

    def _open_periods_of(self, event: Event) -> list[int]:
        """Return the periods that are open at `NOON` and in which the event counts, unless it is void."""
        ladders = self.board.ladders_at(event.achieved_at)
        periods = [ladder.period for ladder in ladders if ladder in self.board.ladders_at(NOON)]
        return [period for period in periods if (event.submission_id, period) not in self.void_in]

    def _void_all(self, user_id: int) -> None:
        self.void |= {event.submission_id for event in self.events if event.user_id == user_id}

    async def set(self, event: Event) -> None:
        subscore = event.subscore if self.board.subscore_order else None
        [(_, standing), *_] = await self.product.moderation.set_score(
            self.board, ScoreToSet(event.user_id, event.score, subscore, event.metadata), WHY
        )
        periods = [ladder.period for ladder in self.board.ladders_at(NOON)]
        self._void_all(event.user_id)
        self._drop(event.user_id, periods)
        stored = event._replace(achieved_at=NOON, submission_id=standing.run_id, received_us=standing.received_us)
        self.events.append(stored)
        for period in periods:
            self._count(period, stored)

    def oracle(self, period: int, among_them: int | None = None) -> Oracle:
        """Return the oracle of the public view. Include the player `among_them`, even if the player is hidden."""
        events = self.counting[period]
        return Oracle(
            self.board, [e for e in events if e.user_id == among_them or not self.is_hidden(e.user_id, period)]
        )

    def seen_by(self, user_id: int, period: int) -> Line:
        """Return a player's line in the player's own view."""
        return next(line for line in self.oracle(period, user_id).lines if line.user_id == user_id)

    def is_hidden(self, user_id: int, period: int) -> bool:
        return user_id in self.hidden_players or (user_id, period) in self.hidden_entries

    def _has(self, user_id: int, period: int) -> bool:
        return any(event.user_id == user_id for event in self.counting[period])

    def _drop(self, user_id: int, periods: Iterable[int]) -> None:
        for period in periods:
            self.counting[period] = [event for event in self.counting[period] if event.user_id != user_id]

    def _count(self, period: int, event: Event) -> None:
        self.counting[period].append(event)
        self.entered[period].add(event.user_id)


def name_of(parameter: str | dict[str, object]) -> str:
    """Return the text of a parameter for the name of its test."""
    return parameter if isinstance(parameter, str) else "-".join(map(str, parameter.values()))


@pytest.mark.parametrize(("product", "rules"), CASES, indirect=["product"], ids=name_of)
async def test_every_read_equals_brute_force_after_any_acts(product: Product, rules: dict[str, object]) -> None:
    slug = f"board-{next(numbers)}"
    board = Board(0, slug, slug, calendar=Calendar((PeriodKind.ALL_TIME, PeriodKind.DAILY)), **rules)  # type: ignore[arg-type]
    game = Game(product, await product.stores.scores.create_board(board))
    await product.stores.players(*PLAYERS)
    random = Random(str(rules))
    for step in range(STEPS):
        await game.step(random)
        if step % 10 == 9:
            for period in list(game.counting):
                await compare(game, Ladder(game.board, period))
    assert (await product.maintain.verify()).clean
    await product.maintain.rebuild()
    assert (await product.maintain.verify()).clean


async def compare(game: Game, ladder: Ladder) -> None:
    oracle, query = game.oracle(ladder.period), game.product.query
    top = await query.top(ladder, 100)
    assert (lines(top.entries), top.total) == (oracle.lines, oracle.total)
    page = await query.page(ladder, 1, 100)
    assert (lines(page.entries), page.total, page.source) == (oracle.lines, oracle.total, Source.INDEX)
    ranged = await query.range(ladder, -100, 100, 100)
    assert (lines(ranged.entries), ranged.total) == (oracle.lines, oracle.total)
    spread = await game.product.distributions.distribution(ladder, 5)
    assert spread.total == sum(bucket.count for bucket in spread.buckets) == oracle.total
    expected = oracle.at_percentile(50)
    if expected is None:
        with pytest.raises(NotRanked):
            await game.product.distributions.at_percentile(ladder, Fraction(50))
    else:
        found = await game.product.distributions.at_percentile(ladder, Fraction(50))
        assert (lines([found.entry]), found.percentile) == ([expected], oracle.percentile(expected))
    for user_id in PLAYERS:
        await compare_player(game, ladder, user_id)


async def compare_player(game: Game, ladder: Ladder, user_id: int) -> None:
    query, everyone = game.product.query, game.oracle(ladder.period)
    own = game.oracle(ladder.period, user_id)
    there = own.position(user_id) is not None
    for caller in (COMMAND, player(user_id)):
        if not there:
            with pytest.raises(NotRanked):
                await query.rank(ladder, user_id, caller)
            continue
        ranked = await query.rank(ladder, user_id, caller)
        line = game.seen_by(user_id, ladder.period)
        assert (lines([ranked.entry]), ranked.total) == ([line], own.total)
        assert ranked.percentile == own.percentile(line)
        for around, expected in (
            (await query.around(ladder, user_id, 2, caller), own.around(user_id, 2)),
            (await query.around_window(ladder, user_id, 3, caller), own.window(user_id, 3)),
        ):
            assert [e.user_id for e in around.entries] == [line.user_id for line in expected]
            assert around.total == own.total
            if caller is not COMMAND:
                assert lines(around.entries) == expected
    found = await query.lookup(ladder, PLAYERS, player(user_id))
    assert (lines(entry for entry, _ in found.entries), found.total) == (own.lines, own.total)
    for stranger in (player(user_id + 1), player(99)):
        found = await query.lookup(ladder, [user_id], stranger)
        seen = [line for line in everyone.lines if line.user_id == user_id]
        assert lines(entry for entry, _ in found.entries) == seen
        assert found.total == everyone.total


def lines(entries: Iterable[Entry]) -> list[Line]:
    return [Line(e.rank, e.user_id, e.score, e.submissions, e.achieved_at, e.metadata, e.subscore) for e in entries]
