"""A rebuild in place leaves the same bytes in the index as a load into an empty index, whatever was wrong before."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from random import Random
from uuid import UUID

import pytest

from leaderforge.adapters.postgres import score_store
from leaderforge.adapters.redis.cluster import Cluster
from leaderforge.adapters.redis.index import RedisIndex
from leaderforge.adapters.redis.keys import IndexKeys
from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.domain.boards import Board, Ladder, Order
from leaderforge.domain.order import sort_key, user_bytes
from leaderforge.domain.players import Player
from leaderforge.domain.score_types import ScoreType
from leaderforge.domain.sharding import partition_of
from leaderforge.domain.standings import Event, Standing
from leaderforge.domain.submissions import Submission
from leaderforge.services import comparing
from leaderforge.services.correcting import Rebuilt
from leaderforge.services.maintain import MaintainService
from tests.contract.index_fixtures import cluster, new_redis_index
from tests.contract.store_fixtures import Stores
from tests.index_contents import contents

__all__ = ["cluster"]

PARTITIONS = 3
PLAYERS = 2000
"""Enough for several steps of each scan of a partition."""
CHUNK = 300
"""Standings of a chunk that the store yields, to have several."""
BOARDS = {
    "plain": Board(0, "plain", "Plain"),
    "segments": Board(0, "segments", "Segments", segments=("country", "platform")),
    "two orders": Board(0, "two", "Two", subscore_order=Order.ASC),
    "long scores": Board(0, "long", "Long", score_type=ScoreType.INT64),
}


@pytest.fixture(params=BOARDS)
async def ladder(request: pytest.FixtureRequest, database: Stores) -> Ladder:
    return Ladder(await database.scores.create_board(BOARDS[request.param]))


@pytest.fixture
async def index(database: Stores, cluster: Cluster, ladder: Ladder, monkeypatch: pytest.MonkeyPatch) -> RedisIndex:
    """Complete index of a store with players on the ladder."""
    monkeypatch.setattr(comparing, "RETRY_S", 0)
    monkeypatch.setattr(score_store, "_CHUNK", CHUNK)
    random = Random(1)
    countries = [f'{{"country": "{code}"}}' for code in ("FI", "SE", "NO")]
    await database.users.create(
        [Player(i, f"player {i}", None, 1, attributes=random.choice(countries)) for i in range(1, PLAYERS + 1)]
    )
    events = [Event(i, UUID(int=i), random.randint(0, 50), i) for i in range(1, PLAYERS + 1)]
    await database.scores.record([Submission([ladder], event) for event in events])
    index = new_redis_index(cluster, PARTITIONS)
    await maintenance(database, index).rebuild()
    return index


def maintenance(database: Stores, index: RedisIndex, *, stores_all_names: bool = True) -> MaintainService:
    parts = database.scores, database.users, index, database.processes, lambda: 10**12, Fanout([])
    return MaintainService(*parts, stores_all_names=stores_all_names)


async def damage(
    cluster: Cluster, index: RedisIndex, ladder: Ladder, partitions: Sequence[int], random: Random
) -> None:
    """Delete, add and change members of the sorted sets and hashes of a ladder in these partitions."""
    keys: IndexKeys = index._keys
    for p in partitions:
        names = [name async for part in cluster.scan(keys.slots[p], keys.of_partition(p)) for name in part]
        entries = [name for name in names if b":entries" in name]
        for name in entries:
            [members] = await cluster.commands([("ZRANGE", name, 0, -1)])
            lost = random.sample(members, len(members) // 5)
            moved = [bytes([member[0] ^ 1]) + member[1:] for member in random.sample(members, 3)]
            await cluster.commands([("ZREM", name, *lost), ("ZADD", name, *(x for m in moved for x in (0, m)))])
        standings = keys.standings(p, ladder)
        [values] = await cluster.commands([("HGETALL", standings)])
        users = sorted(values)
        wrong = {user: values[user][:7] + values[random.choice(users)][7:] for user in random.sample(users, 9)}
        newer = {user: b"\x7f" + values[user][1:] for user in random.sample(users, 9)}
        strangers = [i for i in range(-500, -1) if partition_of(i, PARTITIONS) == p][:9]
        extra = {user_bytes(i): values[users[0]] for i in strangers}
        fields = [part for item in {**wrong, **newer, **extra}.items() for part in item]
        renamed = random.sample(users, 18)
        names_key = keys.names[p]
        await cluster.commands(
            [
                ("HSET", standings, *fields),
                ("HDEL", standings, *random.sample(users, 9)),
                ("HSET", names_key, *(part for user in renamed[:9] for part in (user, "wrong"))),
                ("HDEL", names_key, *renamed[9:]),
            ]
        )


@pytest.mark.parametrize("in_flight", [comparing.MAX_IN_FLIGHT, 20], ids=["at the end", "during the scan"])
async def test_every_kind_of_damage_is_corrected(
    database: Stores, cluster: Cluster, index: RedisIndex, ladder: Ladder, in_flight: int, monkeypatch
) -> None:
    monkeypatch.setattr(comparing, "MAX_IN_FLIGHT", in_flight)
    before = await contents(cluster, index, has_all_names=True)
    watermarks = await index.watermarks()
    await damage(cluster, index, ladder, range(PARTITIONS), Random(in_flight))
    assert await contents(cluster, index, has_all_names=True) != before
    rebuilt = await maintenance(database, index).rebuild_in_place()
    assert (rebuilt.loaded, rebuilt.compared) == (0, PLAYERS)
    assert rebuilt.corrected > 0
    assert rebuilt.names == PARTITIONS * 18
    assert await contents(cluster, index, has_all_names=True) == before
    assert await index.watermarks() == watermarks


async def test_only_the_chosen_partition_is_corrected(
    database: Stores, cluster: Cluster, index: RedisIndex, ladder: Ladder
) -> None:
    before = await contents(cluster, index, has_all_names=True)
    await damage(cluster, index, ladder, range(PARTITIONS), Random(5))
    damaged = await contents(cluster, index, has_all_names=True)
    await maintenance(database, index).rebuild_in_place(partitions=[1])
    after = await contents(cluster, index, has_all_names=True)
    for p in range(PARTITIONS):
        assert of_partition(index, after, p) == of_partition(index, before if p == 1 else damaged, p)


def of_partition(index: RedisIndex, members: Mapping[bytes, object], partition: int) -> Mapping[bytes, object]:
    tag = index._keys.meta[partition].rpartition(b":")[0]
    return {key: value for key, value in members.items() if key.startswith(tag)}


async def test_a_partition_that_was_lost_is_loaded_and_the_others_are_compared(
    database: Stores, cluster: Cluster, index: RedisIndex, ladder: Ladder
) -> None:
    before = await contents(cluster, index, has_all_names=True)
    await index.begin_rebuild([ladder], [2])
    rebuilt = await maintenance(database, index).rebuild_in_place()
    assert rebuilt.loaded + rebuilt.compared == PLAYERS
    assert 0 < rebuilt.loaded < PLAYERS
    assert rebuilt.corrected == 0
    assert await contents(cluster, index, has_all_names=True) == before


async def test_an_update_during_a_correction_does_not_hide_an_entry(
    database: Stores, cluster: Cluster, index: RedisIndex, ladder: Ladder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Submit lower scores between the read and the replacement of players whose entries are missing.

    Such an update changes the value, and the entry stays as it is: missing.
    """
    lost = range(1, 30)
    standings = await database.scores.standings(ladder, lost)
    for standing in standings:
        p = partition_of(standing.user_id, PARTITIONS)
        key = sort_key(ladder.board, standing)
        await cluster.commands([("ZREM", index._keys.entries(p, ladder), key)])
    mend = index.mend

    async def mend_after_updates(*args: object) -> object:
        monkeypatch.setattr(index, "mend", mend)
        events = [Event(i, UUID(int=10**6 + i), -1000, 10**6) for i in lost]
        recorded = await database.scores.record([Submission([ladder], event) for event in events])
        await index.apply(ladder, [r.standing for r in recorded])
        return await mend(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(index, "mend", mend_after_updates)
    assert (await maintenance(database, index).rebuild_in_place()).corrected == len(lost)
    assert (await maintenance(database, index).verify()).clean
    assert (await index.counts(ladder, [])).total == PLAYERS


async def test_what_changed_since_the_store_was_read_is_no_difference(
    database: Stores, index: RedisIndex, ladder: Ladder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Submit for all players after the store was read: the index is newer than each standing of the scan."""
    monkeypatch.setattr(comparing, "MAX_IN_FLIGHT", 20)
    scan = database.scores.standings_on

    async def scan_before_updates(ladders: Sequence[Ladder]) -> AsyncGenerator[tuple[Ladder, Sequence[Standing]], None]:
        chunks = [chunk async for chunk in scan(ladders)]
        newcomers = range(PLAYERS + 1, PLAYERS + 50)
        await database.users.create([Player(i, f"player {i}", None, 1) for i in newcomers])
        await index.add_names({i: f"player {i}" for i in newcomers})
        events = [Event(i, UUID(int=10**6 + i), 100 + i, 10**6) for i in range(1, PLAYERS + 50)]
        recorded = await database.scores.record([Submission([ladder], event) for event in events])
        await index.apply(ladder, [r.standing for r in recorded])
        for chunk in chunks:
            yield chunk

    monkeypatch.setattr(database.scores, "standings_on", scan_before_updates)
    assert await maintenance(database, index).rebuild_in_place() == Rebuilt(compared=PLAYERS)


async def test_only_names_of_viewed_players_are_corrected(
    database: Stores, cluster: Cluster, index: RedisIndex, ladder: Ladder
) -> None:
    viewed = maintenance(database, index, stores_all_names=False)
    await viewed.rebuild()
    await index.add_names({1: "player 1", 2: "wrong"})
    assert (await viewed.rebuild_in_place()).names == 1
    assert await index.names(range(1, PLAYERS)) == {1: "player 1", 2: "player 2"}


@pytest.mark.parametrize("way", ["rebuild", "rebuild_in_place"])
async def test_values_of_another_program_do_not_stop_a_rebuild(
    database: Stores, cluster: Cluster, index: RedisIndex, ladder: Ladder, way: str
) -> None:
    before = await contents(cluster, index, has_all_names=True)
    for p in range(PARTITIONS):
        standings, entries = index._keys.standings(p, ladder), index._keys.entries(p, ladder)
        users = [user_bytes(i) for i in range(-PLAYERS, PLAYERS) if partition_of(i, PARTITIONS) == p]
        some = users[:4] + users[-4:]  # without and with a standing
        fields = [
            part for user, text in zip(some, 2 * ("", "x", "x" * 8, "x" * 300), strict=True) for part in (user, text)
        ]
        await cluster.commands([("HSET", standings, *fields), ("ZADD", entries, 0, "entry", 0, "")])
    await getattr(maintenance(database, index), way)()
    assert await contents(cluster, index, has_all_names=True) == before


async def test_the_list_of_segments_is_corrected(
    database: Stores, cluster: Cluster, index: RedisIndex, ladder: Ladder
) -> None:
    lists = [index._keys.segments(p, (ladder.board.id, ladder.period)) for p in range(PARTITIONS)]
    before = await cluster.commands([("HGETALL", key) for key in lists])
    await cluster.commands([("DEL", key) for key in lists])
    await maintenance(database, index).rebuild_in_place()
    assert await cluster.commands([("HGETALL", key) for key in lists]) == before
