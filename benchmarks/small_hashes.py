"""Comparison of one large hash for a partition with many small ones: bytes per player, and the node's time for reads.

    python -m benchmarks.small_hashes --out docs/performance/results/small-hashes.json

Valkey stores a hash of up to 512 short fields as a list without pointers, which takes less memory. With many small
hashes, a script has to find the hash of each player first. See decision 36.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Annotated, Any

import typer
from redis import Redis
from rich.console import Console
from rich.table import Table

from benchmarks.report import about, write, write_rows
from leaderforge.domain.order import user_bytes
from leaderforge.embedded import ValkeyCluster

VALUE_BYTES = 25
READ_PLAYERS = 17
"""Number of players in a read: the share of one of three partitions in a page of 50 entries."""
TAG = "{1}"
WRITES_A_TRIP = 5000

_READ_LARGE = """
local users = {}
for at = 1, #ARGV[1], 7 do
    users[#users + 1] = string.sub(ARGV[1], at, at + 6)
end
local values = redis.call('HMGET', KEYS[1] .. 'values', unpack(users))
local names = redis.call('HMGET', KEYS[1] .. 'names', unpack(users))
return { table.concat(values), table.concat(names, '\\0') }
"""
_READ_SMALL = """
local values, names = {}, {}
local call, sub, floor = redis.call, string.sub, math.floor
for at = 1, #ARGV[1], 7 do
    local user = sub(ARGV[1], at, at + 6)
    local high, low = struct.unpack('>I4I3', user)
    local bucket = floor(((high % 65536 * 7919 + low) * 40503 % 4294967296) / 256) % ARGV[2]
    local i = #values + 1
    values[i] = call('HGET', KEYS[1] .. 'values' .. bucket, user)
    names[i] = call('HGET', KEYS[1] .. 'names' .. bucket, user)
end
return { table.concat(values), table.concat(names, '\\0') }
"""


def main(
    players: Annotated[int, typer.Option(help="Players of the partition.")] = 300_000,
    reads: Annotated[int, typer.Option(help="Reads of each layout.")] = 5000,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON, and as CSV beside it.")] = None,
) -> None:
    """Measure both layouts on this machine."""
    with tempfile.TemporaryDirectory() as directory, ValkeyCluster(Path(directory), nodes=1) as cluster:
        host, _, port = cluster.addresses[0].rpartition(":")
        client = Redis(host=host, port=int(port))
        rows = [layout(client, players, reads, players_a_hash) for players_a_hash in (players, 192, 96, 48)]
    shown = Table(*rows[0])
    for row in rows:
        shown.add_row(*map(str, row.values()))
    Console().print(shown)
    write({**about("benchmarks.small_hashes"), "players": players, "rows": rows}, out)
    write_rows(rows, out)


def layout(client: "Redis", players: int, reads: int, players_a_hash: int) -> dict[str, Any]:
    """Return the bytes per player of values and of names, and the time of a read (us), with hashes of this size."""
    random, hashes = Random(1), players // players_a_hash
    ids = random.sample(range(1, 4 * players), players)
    numbers = [bucket(user_id, hashes) if hashes > 1 else "" for user_id in ids]
    bytes_of = {
        kind: stored(client, kind, list(zip(ids, numbers, strict=True)), value)
        for kind, value in (
            ("values", lambda _: random.randbytes(VALUE_BYTES)),
            ("names", lambda user_id: f"player {user_id}"),
        )
    }
    read = client.register_script(_READ_SMALL if hashes > 1 else _READ_LARGE)
    client.config_resetstat()
    for _ in range(reads):
        read(keys=[TAG], args=[b"".join(map(user_bytes, random.sample(ids, READ_PLAYERS))), hashes])
    microseconds = client.info("commandstats")["cmdstat_evalsha"]["usec_per_call"]
    client.flushall()
    return {
        "players a hash": players_a_hash,
        **{f"bytes of {kind}": round(size / players, 1) for kind, size in bytes_of.items()},
        "us a read": round(microseconds, 1),
    }


def bucket(user_id: int, hashes: int) -> int:
    """Return the number, from 0, of the Valkey hash that stores a player. There are `hashes` hashes. The script
    computes the same number.
    """
    high, low = divmod(int.from_bytes(user_bytes(user_id)), 2**24)
    return ((high % 65536 * 7919 + low) * 40503 % 2**32 >> 8) % hashes


def stored(client: "Redis", kind: str, places: list[tuple[int, Any]], value: Callable[[int], Any]) -> int:
    """Store a value of each player in the player's Valkey hash. Return the growth of the server's memory in bytes."""
    before = client.info("memory")["used_memory"]
    for start in range(0, len(places), WRITES_A_TRIP):
        pipeline = client.pipeline(transaction=False)
        for user_id, number in places[start : start + WRITES_A_TRIP]:
            pipeline.hset(f"{TAG}{kind}{number}", user_bytes(user_id), value(user_id))
        pipeline.execute()
    return int(client.info("memory")["used_memory"] - before)


if __name__ == "__main__":
    typer.run(main)
