"""Bytes that a player takes in the store and in the index.

    python -m benchmarks.storage --out docs/performance/results/storage.json

Creates players with names, and counts one submission of each on the default board, in random order. Then it counts
further submissions. After each of these steps, it vacuums the store and measures it. Free space in the pages of tables
and indexes is included, because no other table can use it. In the index, the bytes of names are the growth of the
nodes' memory while names are added. Standings and entries are added together. The growth of the memory is split between
them in the ratio of the sizes that the nodes estimate for both kinds of keys.
"""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from hashlib import sha1
from pathlib import Path
from random import Random
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.backing import backing
from benchmarks.report import about, write, write_rows
from leaderforge.adapters.postgres.player_store import PostgresPlayerStore
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.score_store import PostgresScoreStore
from leaderforge.adapters.redis.cluster import Call, Cluster
from leaderforge.adapters.redis.index import RedisIndex
from leaderforge.adapters.redis.keys import IndexKeys
from leaderforge.adapters.redis.scripts import Script
from leaderforge.cli.synthetic import name_of
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.chunks import chunks
from leaderforge.domain.players import Player
from leaderforge.domain.standings import Event, standing_of
from leaderforge.domain.submissions import Recorded, Submission

NOW_MS = 1_700_000_000_000
SPAN_MS = 10**10
BATCH = 256
CALLERS = 3
PARTITIONS = 3
LOADED_AT_ONCE = 10_000
TABLES = ["users", "username_claims", "score_events", "standings", "touches"]
"""Tables with a row for each player or submission. Maintenance deletes the rows of `touches` after a day."""

_SIZES = """
    select relation.relname as name, pg_table_size(relation.oid) as bytes
    from pg_class relation
    left join pg_index on indexrelid = relation.oid
    join pg_class owner on owner.oid = coalesce(indrelid, relation.oid)
    where relation.relkind in ('r', 'i') and owner.relname = any ($1::text[])
    order by owner.relname, relation.relkind desc, relation.relname
"""
_SOURCE = "return redis.call('MEMORY', 'USAGE', KEYS[1], 'SAMPLES', '1000')"
_USAGE = Script("usage", _SOURCE, sha1(_SOURCE.encode(), usedforsecurity=False).hexdigest())

Sizes = dict[str, float]
"""Bytes by table, index or kind of keys."""


def main(
    players: Annotated[int, typer.Option(help="Players with one submission each.")] = 200_000,
    further: Annotated[int, typer.Option(help="Further submissions of each player.")] = 1,
    index_players: Annotated[int, typer.Option(help="Players in the index.")] = 1_000_000,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON, and as CSV beside it.")] = None,
) -> None:
    """Measure the bytes of a player on this machine."""
    with tempfile.TemporaryDirectory() as directory, backing(Path(directory)) as settings:
        rows = asyncio.run(measure(settings, players, further, index_players))
    shown = Table("part", "what", "bytes")
    for row in rows:
        shown.add_row(*map(str, row.values()))
    Console().print(shown)
    write(
        {
            **about("benchmarks.storage"),
            "players": players,
            "further": further,
            "index_players": index_players,
            "bytes": rows,
        },
        out,
    )
    write_rows(rows, out)


async def measure(settings: Mapping[str, str], players: int, further: int, index_players: int) -> list[dict[str, Any]]:
    """Return the bytes of a player and of a further submission, by table, index and kind of keys."""
    pool = Pool(settings["LEADERFORGE_POSTGRES_DSN"], timeout_s=120)
    scores = PostgresScoreStore(pool, record_timeout_s=120)
    random = Random(1)
    ids = range(1, players + 1)
    await create(PostgresPlayerStore(pool), ids)
    before = await store_sizes(pool)
    await submit(scores, random.sample(ids, players), random)
    first = await store_sizes(pool)
    for _ in range(further):
        await submit(scores, random.sample(ids, players), random)
    last = await store_sizes(pool)
    await pool.close()
    index = await index_sizes(settings["LEADERFORGE_REDIS_NODES"].split(","), index_players, random)
    growth = {name: last[name] - first[name] for name in last}
    return [
        *rows("store, a player", before, players),
        *rows("store, a player with one submission", first, players),
        *rows("store, a further submission", growth, players * further),
        *rows("index, a player", index, index_players),
    ]


async def create(users: PostgresPlayerStore, ids: Sequence[int]) -> None:
    """Create players with synthetic names."""
    for batch in chunks(ids, BATCH):
        await users.create([Player(user_id, name_of(user_id), None, NOW_MS) for user_id in batch])


async def submit(scores: PostgresScoreStore, ids: Sequence[int], random: Random) -> None:
    """Count a submission of each player, in order, from `CALLERS` callers. Raises the first refusal."""
    board = await scores.board("default")
    assert board is not None
    batches = iter(chunks(ids, BATCH))

    async def caller() -> None:
        for batch in batches:
            for outcome in await scores.record([Submission([Ladder(board)], event(i, random)) for i in batch]):
                if not isinstance(outcome, Recorded):
                    raise outcome

    await asyncio.gather(*(caller() for _ in range(CALLERS)))


def event(user_id: int, random: Random) -> Event:
    """Return an invented submission, achieved at the time of its reception."""
    score, at = int(random.lognormvariate(5.5, 0.9) * 100), NOW_MS + random.randrange(SPAN_MS)
    return Event(user_id, UUID(int=random.getrandbits(128)), score, at, received_us=at * 1000)


async def store_sizes(pool: Pool) -> Sizes:
    """Return the bytes of each table and index after a vacuum."""
    for name in TABLES:
        await pool.fetch(f"vacuum analyze {name}")
    return {row["name"]: row["bytes"] for row in await pool.fetch(_SIZES, TABLES)}


async def index_sizes(addresses: Sequence[str], players: int, random: Random) -> Sizes:
    """Load an index with invented standings and synthetic names, and return the bytes of each kind of keys."""
    cluster = Cluster(addresses, timeout_s=60)
    index, keys = RedisIndex(cluster, partitions=PARTITIONS), IndexKeys("leaderforge", PARTITIONS)
    ladder = Ladder(Board(1, "default", "Default"))
    empty = await used_memory(cluster)
    for ids in chunks(range(1, players + 1), LOADED_AT_ONCE):
        await index.load(ladder, [standing_of(event(i, random))._replace(revision=NOW_MS * 1000) for i in ids])
    loaded = await used_memory(cluster)
    for ids in chunks(range(1, players + 1), LOADED_AT_ONCE):
        await index.add_names({i: name_of(i) for i in ids})
    named = await used_memory(cluster)
    ladder_keys = [(p, key) for p in keys.partitions for key in keys.of_ladder(p, (ladder.board.id, ladder.period))]
    calls = [Call(keys.slots[p], _USAGE, (key,), ()) for p, key in ladder_keys]
    usages = await cluster.run(calls)
    await cluster.close()
    share = (loaded - empty) / sum(usages)
    return {"entries": share * sum(usages[::2]), "standings": share * sum(usages[1::2]), "names": named - loaded}


async def used_memory(cluster: Cluster) -> int:
    """Return the memory that all nodes use, in bytes."""
    return sum(node.memory or 0 for node in await cluster.nodes())


def rows(part: str, sizes: Sizes, count: int) -> list[dict[str, Any]]:
    """Return rows of the table: each size divided by `count`, and the sum of all."""
    summed = {**sizes, "sum": sum(sizes.values())}
    return [{"part": part, "what": name, "bytes": round(size / count, 1)} for name, size in summed.items()]


if __name__ == "__main__":
    typer.run(main)
