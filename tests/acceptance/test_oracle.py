"""Every read equals the brute-force answer, for any number of partitions and nodes, with heavy ties."""

from collections.abc import AsyncIterator, Sequence
from fractions import Fraction
from random import Random
from uuid import UUID

import pytest

from leaderforge.adapters.redis.cluster import Cluster
from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.domain.boards import Ladder, Order, Policy, RankStyle
from leaderforge.domain.standings import Event
from leaderforge.ports import RankIndex, ScoreStore, Submission, User, UserStore
from leaderforge.services.entries import Entry, Source
from leaderforge.services.maintain import MaintainService
from leaderforge.services.query import QueryService
from leaderforge.services.reading import Reader
from leaderforge.services.spread import SpreadService
from leaderforge.services.submit import Receipt, SubmitService
from tests.contract.index_fixtures import new_redis_index
from tests.oracle import Line, Oracle

PLAYERS = 150
EVENTS = 700
BOARDS = [
    (Policy.SUM, Order.DESC, RankStyle.ORDINAL),
    (Policy.SUM, Order.ASC, RankStyle.SHARED),
    (Policy.BEST, Order.DESC, RankStyle.SHARED),
    (Policy.BEST, Order.ASC, RankStyle.ORDINAL),
    (Policy.LATEST, Order.DESC, RankStyle.ORDINAL),
]
TELEMETRY = Fanout([])


class Clock:
    """A time that moves when told to."""

    def __init__(self) -> None:
        self.now = 1_700_000_000_000

    def __call__(self) -> int:
        return self.now


class Product:
    """The services over one store and one index."""

    def __init__(self, store: ScoreStore, users: UserStore, index: RankIndex) -> None:
        reader = Reader(index, store, users, TELEMETRY)
        clock = Clock()
        self.query = QueryService(reader, clock, TELEMETRY, top_ttl_ms=1000)
        self.spread = SpreadService(reader, clock)
        self.submit = SubmitService(store, index, self.query.tops, TELEMETRY)
        self.maintain = MaintainService(store, index, clock, TELEMETRY)


def events_of(random: Random, players: Sequence[int], size: int) -> list[Event]:
    return [
        Event(
            user_id=random.choice(players),
            submission_id=UUID(int=random.getrandbits(128)),
            score=random.randint(-4, 9),
            achieved_at=random.randint(-50, 50),
            metadata=random.choice([None, '{"car": "kart"}']),
        )
        for _ in range(size)
    ]


def lines(entries: Sequence[Entry]) -> list[Line]:
    assert [e.username for e in entries] == [f"player {e.user_id}" for e in entries]
    return [Line(e.rank, e.user_id, e.score, e.submissions, e.achieved_at, e.metadata) for e in entries]


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


@pytest.mark.parametrize("settings", BOARDS, ids="-".join)
@pytest.mark.parametrize("nodes", [1, 3, 6])
@pytest.mark.parametrize("partitions", [1, 2, 8, 32, 64])
async def test_every_read_equals_brute_force(store_and_users, clusters, partitions, nodes, settings) -> None:
    store, users = store_and_users
    random = Random(f"{partitions} {nodes} {settings}")
    slug = f"board-{random.getrandbits(64):x}"
    ladder = Ladder(await store.create_board(slug, "Board", *settings))
    players = random.sample(range(-10_000, 10_000), PLAYERS)
    await users.create([User(i, f"player {i}", None, 0) for i in players])
    product = Product(store, users, new_redis_index(clusters[nodes], partitions))
    await product.maintain.reconcile()

    events = events_of(random, players, EVENTS)
    taken: list[Event] = []
    for batch in (events[:1], events[1:300], events[300:]):
        taken += batch
        receipts = await product.submit.submit_many([Submission(ladder, event) for event in batch])
        check_receipts(Oracle(ladder.board, taken), batch, receipts)
    oracle = Oracle(ladder.board, events)
    await check_reads(product, ladder, oracle, random, expect=Source.INDEX)
    await product.query.lookup(ladder, players)
    assert (await product.maintain.verify()).clean


def check_receipts(oracle: Oracle, batch: Sequence[Event], receipts: Sequence[object]) -> None:
    by_user = {line.user_id: line for line in oracle.lines}
    for event, receipt in zip(batch, receipts, strict=True):
        assert isinstance(receipt, Receipt)
        line = by_user[event.user_id]
        assert (receipt.rank, receipt.score, receipt.submissions) == (line.rank, line.score, line.submissions)


async def check_reads(product: Product, ladder: Ladder, oracle: Oracle, random: Random, *, expect: Source) -> None:
    """Compare every kind of read with the oracle's answer."""
    query, total = product.query, oracle.total
    for limit in (1, 10, 1000):
        top = await query.top(ladder, limit)
        assert (lines(top.entries), top.total) == (oracle.lines[:limit], total)
    for rank in {1, 2, total // 2, total - 1, total, total + 1, random.randint(1, total)}:
        page = await query.page(ladder, rank, 7)
        assert (lines(page.entries), page.total, page.source) == (oracle.lines[rank - 1 : rank + 6], total, expect)
    await check_cursors(query, ladder, oracle)
    for line in random.sample(oracle.lines, 12):
        ranked = await query.rank(ladder, line.user_id)
        assert lines([ranked.entry]) == [line]
        assert (ranked.percentile, ranked.total) == (oracle.percentile(line), total)
        for radius in (0, 1, 5):
            around = await query.around(ladder, line.user_id, radius)
            assert lines(around.entries) == oracle.around(line.user_id, radius)
    await check_lookup(query, ladder, oracle, random)
    await check_range(query, ladder, oracle)
    await check_spread(product.spread, ladder, oracle)


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


async def check_lookup(query: QueryService, ladder: Ladder, oracle: Oracle, random: Random) -> None:
    friends = random.sample(oracle.lines, 20)
    found = await query.lookup(ladder, [*(line.user_id for line in friends), 10**6, friends[0].user_id])
    friends.sort(key=oracle.lines.index)
    assert lines([entry for entry, _ in found.entries]) == friends
    assert [among for _, among in found.entries] == [
        1 + sum(other.rank < line.rank for other in friends) for line in friends
    ]
    assert found.missing == [10**6]


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


async def check_spread(spread: SpreadService, ladder: Ladder, oracle: Oracle) -> None:
    scores = [line.score for line in oracle.lines]
    for buckets in (1, 7, 50):
        found = await spread.distribution(ladder, buckets)
        assert (found.minimum, found.maximum, found.total) == (min(scores), max(scores), len(scores))
        assert [b.count for b in found.buckets] == [sum(b.low <= s <= b.high for s in scores) for b in found.buckets]
        assert sum(b.count for b in found.buckets) == len(scores)
        assert found.percentiles == {p: oracle.at_percentile(p).score for p in (50, 90, 99)}
    for percent in (0, 37, 50, 100):
        assert lines([(await spread.at_percentile(ladder, Fraction(percent))).entry]) == [oracle.at_percentile(percent)]
