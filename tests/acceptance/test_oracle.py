"""Every read equals the brute-force answer, for all rules of boards and any number of partitions, with many ties."""

import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from fractions import Fraction
from random import Random
from uuid import UUID

import pytest

from leaderforge.adapters.redis.cluster import Cluster
from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.domain.boards import Board, Ladder, Order, Policy, RankStyle
from leaderforge.domain.errors import NotRanked
from leaderforge.domain.order import end_key
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.players import Player
from leaderforge.domain.sources import Source
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Submission
from leaderforge.ports.index import RankIndex
from leaderforge.ports.players import PlayerStore
from leaderforge.ports.scores import ScoreStore
from leaderforge.services.distribution import DistributionService
from leaderforge.services.entries import Entry
from leaderforge.services.query import QueryService
from leaderforge.services.receipts import WITH_RANK, Receipt, ReceiptOptions
from leaderforge.services.submit import SubmitService
from tests.contract.index_fixtures import new_redis_index
from tests.delivering import Process
from tests.oracle import Line, Oracle
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("lasting_belief")

MIDNIGHT = 1_682_899_200_000
"""Midnight between 2023-04-30 and 2023-05-01, the end of a day, a week, a month and a season."""
DAY = 86_400_000
PERIODS = {
    PeriodKind.ALL_TIME: ("all-time", "all-time"),
    PeriodKind.DAILY: ("2023-04-30", "2023-05-01"),
    PeriodKind.WEEKLY: ("2023-W17", "2023-W18"),
    PeriodKind.MONTHLY: ("2023-04", "2023-05"),
    PeriodKind.SEASON: ("season-20230401T0000Z", "season-20230501T0000Z"),
}
"""Names of the periods before and after `MIDNIGHT`."""

PARTITIONS, NODES = [1, 2, 8, 32, 64], [1, 3, 6]
PAIRS = list(itertools.product(PARTITIONS, NODES))
"""Every pair of a number of partitions and a number of nodes."""
EACH_ONCE = list(zip(PARTITIONS, itertools.cycle(NODES)))
"""Pairs that together have each number of partitions and of nodes: the sample of larger boards for `make test`."""
RULES = list(itertools.product(Policy, Order, [None, *Order], RankStyle, PeriodKind))
"""Every combination of policy, order, subscore, rank style and period."""
Rules = tuple[Policy, Order, Order | None, RankStyle, PeriodKind]
ROTATED = [(*PAIRS[(i + i // len(PAIRS)) % len(PAIRS)], rules) for i, rules in enumerate(RULES)]
"""Each combination of rules, with one of `PAIRS`. Each pair occurs with each period kind."""
IN_THE_STORE = 6
"""Every sixth combination of rules is also read from the store, while the index is away."""

Case = tuple[int, int, Rules]


def features(case: Case) -> set[object]:
    """Return what a case has in common with others: the pairs of its rules, its partitions, its nodes and its period.

    Whether the store is read too is a feature as well.
    """
    partitions, nodes, rules = case
    *combined, kind = rules
    values = (partitions, nodes, kind, RULES.index(rules) % IN_THE_STORE == 0)
    return {*itertools.combinations(enumerate(combined), 2), *enumerate(values)}


def sample(cases: Sequence[Case]) -> Sequence[Case]:
    """Return a small, constant subset of the cases. The subset has every feature that any case has."""
    missing = set().union(*map(features, cases))
    chosen: list[Case] = []
    while missing:
        chosen.append(max(cases, key=lambda case: len(missing & features(case))))
        missing -= features(chosen[-1])
    return chosen


SAMPLE = sample(ROTATED)
CASES = [pytest.param(*case, marks=() if case in SAMPLE else pytest.mark.long) for case in ROTATED]
"""All cases. `make test` runs the sample, `make test-long` runs all cases."""

TELEMETRY = Fanout([])
EVERYTHING = ReceiptOptions(previous=True, periods=True)


def told(value: int | Rules) -> str:
    """Return the text of a parameter for the name of its test."""
    return "-".join(map(str, value)) if isinstance(value, tuple) else str(value)


class Clock:
    """Clock that the test sets."""

    def __init__(self) -> None:
        self.now = MIDNIGHT + DAY

    def __call__(self) -> int:
        return self.now


class Product:
    """Services over one store and one index."""

    def __init__(self, store: ScoreStore, users: PlayerStore, index: RankIndex) -> None:
        clock = Clock()
        process = Process(store, users, index, clock=clock, telemetry=TELEMETRY)
        self.query = process.query
        self.distributions = DistributionService(process.reader)
        self.submit = SubmitService(store, process.delivery, process.trust, TELEMETRY)
        self.store = store
        self.users = users
        self.index = index
        self.maintain, self.trust, self.close = process.maintain, process.trust, process.close


def times() -> list[int]:
    """Return times on two days, including the first and the last moment of each day."""
    return [start + i for start in (MIDNIGHT - DAY, MIDNIGHT - 12, MIDNIGHT, MIDNIGHT + DAY - 12) for i in range(12)]


def events_of(random: Random, board: Board, players: Sequence[int], size: int) -> list[Event]:
    moments = times()
    return [
        Event(
            user_id=random.choice(players),
            submission_id=UUID(int=random.getrandbits(128)),
            score=random.randint(-4, 9),
            achieved_at=random.choice(moments),
            metadata=random.choice([None, '{"car": "kart"}']),
            subscore=0 if board.subscore_order is None else random.randint(-1, 1),
        )
        for _ in range(size)
    ]


def lines(entries: Sequence[Entry]) -> list[Line]:
    assert [e.username for e in entries] == [f"player {e.user_id}" for e in entries]
    return [Line(e.rank, e.user_id, e.score, e.submissions, e.achieved_at, e.metadata, e.subscore) for e in entries]


@pytest.fixture(scope="module")
async def clusters(valkey, tmp_path_factory) -> AsyncIterator[dict[int, Cluster]]:
    """Clients of clusters of 1, 3 and 6 nodes."""
    from leaderforge.embedded import ValkeyCluster

    one = ValkeyCluster(tmp_path_factory.mktemp("one"), nodes=1)
    six = ValkeyCluster(tmp_path_factory.mktemp("six"), nodes=6)
    with one, six:
        clients = {
            nodes: Cluster(cluster.addresses, timeout_s=10) for nodes, cluster in ((1, one), (3, valkey), (6, six))
        }
        yield clients
        for client in clients.values():
            await client.close()


class Products:
    """Products over one store, one for each pair of a number of partitions and a number of nodes that a test needs."""

    def __init__(self, store: ScoreStore, users: PlayerStore, clusters: Mapping[int, Cluster]) -> None:
        self._store, self._users, self._clusters = store, users, clusters
        self._products: dict[tuple[int, int], Product] = {}

    async def get(self, partitions: int, nodes: int) -> Product:
        """Return the product for these numbers. Its index is complete."""
        if (partitions, nodes) not in self._products:
            index = new_redis_index(self._clusters[nodes], partitions)
            product = self._products[partitions, nodes] = Product(self._store, self._users, index)
            await product.maintain.reconcile()
            await until(product.trust.is_believed, "the index to be believed")
        return self._products[partitions, nodes]

    async def close(self) -> None:
        for product in self._products.values():
            await product.close()


@pytest.fixture(scope="module")
async def products(store_and_users, clusters) -> AsyncIterator[Products]:
    products = Products(*store_and_users, clusters)
    yield products
    await products.close()


async def new_board(product: Product, random: Random, rules: Rules) -> Board:
    policy, order, subscore_order, rank_style, kind = rules
    kinds = (kind,) if kind is PeriodKind.ALL_TIME else (kind, PeriodKind.ALL_TIME)
    calendar = Calendar(kinds, season="0 0 1 * *" if kind is PeriodKind.SEASON else None)
    slug = f"board-{random.getrandbits(64):x}"
    minimum = random.choice([1, 2])
    return await product.store.create_board(
        Board(0, slug, "Board", policy, order, rank_style, subscore_order, calendar=calendar, min_submissions=minimum)
    )


async def new_players(product: Product, random: Random, size: int) -> Sequence[int]:
    players = random.sample(range(-10_000, 10_000), size)
    await product.users.create([Player(i, f"player {i}", None, 0) for i in players])
    return players


@pytest.mark.parametrize(("partitions", "nodes", "rules"), CASES, ids=told)
async def test_every_read_equals_brute_force_whatever_the_rules(products, clusters, partitions, nodes, rules) -> None:
    product, random = await products.get(partitions, nodes), Random(str(rules))
    board = await new_board(product, random, rules)
    players = await new_players(product, random, 40)
    events = events_of(random, board, players, 180)
    await submit(product, board, events, split=90)
    for ladder, own in ladders_of(board, events).items():
        await check_reads(product, ladder, Oracle(board, own), random, expect=Source.INDEX)
        await check_index(product, ladder)
    if RULES.index(rules) % IN_THE_STORE == 0:
        # Take the lease of maintenance for another holder. No process then builds this index, and the store answers.
        index = new_redis_index(clusters[nodes], partitions)
        assert await index.lease("maintain", "another", 600)
        away = Product(product.store, product.users, index)
        for ladder, own in ladders_of(board, events).items():
            await check_reads(away, ladder, Oracle(board, own), random, expect=Source.STORE)


@pytest.mark.parametrize(
    ("partitions", "nodes"),
    [pytest.param(*pair, marks=() if pair in EACH_ONCE else pytest.mark.long) for pair in PAIRS],
)
async def test_every_read_equals_brute_force_on_larger_boards(products, partitions, nodes) -> None:
    product, random = await products.get(partitions, nodes), Random(f"{partitions} {nodes}")
    board = await new_board(product, random, random.choice(RULES))
    players = await new_players(product, random, 120)
    events = events_of(random, board, players, 500)
    await submit(product, board, events, split=200)
    for ladder, own in ladders_of(board, events).items():
        await check_reads(product, ladder, Oracle(board, own), random, expect=Source.INDEX)
        await check_index(product, ladder)


def ladders_of(board: Board, events: Sequence[Event]) -> Mapping[Ladder, Sequence[Event]]:
    """Return the events that count on each of a board's ladders."""
    kind = board.calendar.kinds[0]
    before, after = (board.ladders_at(time)[0] for time in (MIDNIGHT - 1, MIDNIGHT))
    assert (before.period_name, after.period_name) == PERIODS[kind]
    if kind is PeriodKind.ALL_TIME:
        return {after: events}
    return {
        before: [event for event in events if event.achieved_at < MIDNIGHT],
        after: [event for event in events if event.achieved_at >= MIDNIGHT],
        Ladder(board): events,
    }


async def submit(product: Product, board: Board, events: Sequence[Event], *, split: int) -> None:
    """Submit the events in three batches, cut after the first event and at `split`, and check each receipt.

    The last batch requests receipts with all optional JSON members.
    """
    taken: list[Event] = []
    for batch in (events[:1], events[1:split], events[split:]):
        before = len(taken)
        taken += batch
        ladders = [board.ladders_counting(event.achieved_at, MIDNIGHT + DAY - 1, grace_ms=2 * DAY) for event in batch]
        submissions = [Submission(own, event) for own, event in zip(ladders, batch, strict=True)]
        options = EVERYTHING if before >= split else WITH_RANK
        receipts = await product.submit.submit_many(submissions, options)
        oracles = {ladder: Oracle(board, own) for ladder, own in ladders_of(board, taken).items()}
        for submission, receipt in zip(submissions, receipts, strict=True):
            check_receipt(board, oracles[submission.ladders[0]], submission.event, receipt)
            if options is EVERYTHING:
                check_details(board, oracles, taken, before, submission, receipt)
            before += 1


def check_details(
    board: Board,
    oracles: Mapping[Ladder, Oracle],
    taken: Sequence[Event],
    before: int,
    submission: Submission,
    receipt: object,
) -> None:
    """Compare the standing and the previous standing of each period with the oracle.

    `taken` are all counted events. The event of the submission has the index `before`.
    """
    assert isinstance(receipt, Receipt)
    assert receipt.details is not None
    assert receipt.details.periods is not None
    assert [period.period for period in receipt.details.periods] == [lad.period_name for lad in submission.ladders]
    assert receipt.details.previous == receipt.details.periods[0].previous
    user_id = submission.event.user_id
    others = [event for event in taken if event.user_id != user_id]
    earlier = [event for event in taken[:before] if event.user_id == user_id]
    ladders = ladders_of(board, [*others, *earlier])
    for ladder, period in zip(submission.ladders, receipt.details.periods, strict=True):
        if user_id in oracles[ladder].unranked:
            assert (period.rank, period.submissions) == (None, oracles[ladder].unranked[user_id])
        else:
            line = oracles[ladder].line_of(user_id)
            assert (period.rank, period.score, period.submissions) == (line.rank, line.score, line.submissions)
        own = Oracle(board, ladders[ladder])
        if user_id in own.unranked:
            assert period.previous is not None
            assert period.previous.rank is None
        elif own.position(user_id) is None:
            assert period.previous is None
        else:
            line = own.line_of(user_id)
            assert period.previous == (line.score, line.rank, line.subscore)


def check_receipt(board: Board, oracle: Oracle, event: Event, receipt: object) -> None:
    assert isinstance(receipt, Receipt)
    submissions = oracle.unranked.get(event.user_id)
    if submissions is not None:
        missing = board.min_submissions - submissions
        assert (receipt.rank, receipt.submissions, receipt.missing_submissions) == (None, submissions, missing)
        return
    assert receipt.missing_submissions == (None if board.min_submissions == 1 else 0)
    line = oracle.line_of(event.user_id)
    assert (receipt.rank, receipt.score, receipt.subscore) == (line.rank, line.score, line.subscore)
    assert (receipt.submissions, receipt.achieved_at) == (line.submissions, line.achieved_at)


async def check_index(product: Product, ladder: Ladder) -> None:
    """Check that the index has the store's standings."""
    async for standings in product.store.all_standings(ladder):
        assert await product.index.differences(ladder, standings) == []


async def check_reads(product: Product, ladder: Ladder, oracle: Oracle, random: Random, *, expect: Source) -> None:
    """Compare every kind of read with the oracle's answer."""
    query, total = product.query, oracle.total
    for limit in (1, 1000):
        top = await query.top(ladder, limit)
        assert (lines(top.entries), top.total) == (oracle.lines[:limit], total)
    for rank in {1, 2, total // 2, total, total + 1, random.randint(1, total)}:
        page = await query.page(ladder, rank, 7)
        assert (lines(page.entries), page.total, page.source) == (oracle.lines[rank - 1 : rank + 6], total, expect)
    await check_cursors(query, ladder, oracle)
    for line in random.sample(oracle.lines, 6):
        ranked = await query.rank(ladder, line.user_id)
        assert lines([ranked.entry]) == [line]
        assert (ranked.percentile, ranked.total) == (oracle.percentile(line), total)
        for radius in (0, 3):
            around = await query.around(ladder, line.user_id, radius)
            assert lines(around.entries) == oracle.around(line.user_id, radius)
        for size in (1, 6, total + 1):
            around = await query.around_window(ladder, line.user_id, size)
            assert lines(around.entries) == oracle.window(line.user_id, size)
    for user_id, submissions in list(oracle.unranked.items())[:3]:
        for refused in (query.rank(ladder, user_id), query.around(ladder, user_id, 3)):
            with pytest.raises(NotRanked) as error:
                await refused
            assert error.value.details["missing_submissions"] == ladder.board.min_submissions - submissions
    await check_lookup(query, ladder, oracle, random)
    await check_range(query, ladder, oracle)
    await check_spread(product.distributions, ladder, oracle)


async def check_cursors(query: QueryService, ladder: Ladder, oracle: Oracle) -> None:
    page = await query.page(ladder, 1, 40)
    seen = lines(page.entries)
    while page.next is not None:
        page = await query.page_after(ladder, page.next, 40)
        seen += lines(page.entries)
    assert seen == oracle.lines
    back = lines(page.entries)
    while page.previous is not None:
        page = await query.page_before(ladder, page.previous, 40)
        back = lines(page.entries) + back
    assert back == oracle.lines
    for page in (
        await query.page(ladder, oracle.total + 1, 7),
        await query.page(ladder, oracle.total + 1_000_000, 7),
        await query.page_after(ladder, end_key(ladder.board), 7),
    ):
        assert (page.entries, page.total, page.next) == ([], oracle.total, None)
        assert page.previous is not None
        assert lines((await query.page_before(ladder, page.previous, 7)).entries) == oracle.lines[-7:]


async def check_lookup(query: QueryService, ladder: Ladder, oracle: Oracle, random: Random) -> None:
    friends = random.sample(oracle.lines, min(20, oracle.total))
    unranked = [*list(oracle.unranked)[:5], 10**6]
    found = await query.lookup(ladder, [*(line.user_id for line in friends), *unranked, friends[0].user_id])
    friends.sort(key=oracle.lines.index)
    assert lines([entry for entry, _ in found.entries]) == friends
    assert [among for _, among in found.entries] == [
        1 + sum(other.rank < line.rank for other in friends) for line in friends
    ]
    assert found.missing == unranked


async def check_range(query: QueryService, ladder: Ladder, oracle: Oracle) -> None:
    scores = sorted(line.score for line in oracle.lines)
    low, high = scores[len(scores) // 4], scores[3 * len(scores) // 4]
    for bounds in ((low, high), (low, low), (scores[-1] + 1, scores[-1] + 5), (-(2**53 - 1), 2**53 - 1)):
        expected = oracle.range(*bounds)
        page = await query.range(ladder, *bounds, limit=33)
        seen = lines(page.entries)
        assert page.total == len(expected)
        while page.next is not None:
            page = await query.range(ladder, *bounds, limit=33, after=page.next)
            seen += lines(page.entries)
        assert seen == expected


async def check_spread(spread: DistributionService, ladder: Ladder, oracle: Oracle) -> None:
    scores = [line.score for line in oracle.lines]
    for buckets in (1, 7, 50):
        found = await spread.distribution(ladder, buckets)
        assert (found.minimum, found.maximum, found.total) == (min(scores), max(scores), len(scores))
        assert [b.count for b in found.buckets] == [sum(b.low <= s <= b.high for s in scores) for b in found.buckets]
        assert sum(b.count for b in found.buckets) == len(scores)
        assert found.percentiles == {p: oracle.score_at(p) for p in (50, 90, 99)}
    for percent in (0, 37, 50, 100):
        expected = oracle.at_percentile(percent)
        if expected is None:
            with pytest.raises(NotRanked):
                await spread.at_percentile(ladder, Fraction(percent))
        else:
            ahead = await spread.at_percentile(ladder, Fraction(percent))
            assert (lines([ahead.entry]), ahead.percentile) == ([expected], oracle.percentile(expected))
