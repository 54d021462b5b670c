"""Comparison of two layouts of a sorted set: the score as the set's score, or the complete sort key in the member.

    python -m benchmarks.layouts --out docs/performance/results/layouts.json

Counts the entries above random entries in one partition, and reports the server's time for a count.
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

from benchmarks.report import about, write
from leaderforge.domain.boards import Board
from leaderforge.domain.order import SCORE_BYTES, Place, place, sort_key
from leaderforge.embedded import ValkeyCluster

NOW = 1_700_000_000_000
BOARD = Board(1, "layouts", "Layouts")
KEY = "{0}entries"

BYTES = """
for i = 1, #ARGV do redis.call('ZLEXCOUNT', KEYS[1], '-', '(' .. ARGV[i]) end
"""

# Members with equal scores are in byte order. The script bisects them to find the first member that is not above the
# entry.
SCORES = """
for i = 1, #ARGV, 2 do
    local score, member = ARGV[i], ARGV[i + 1]
    local low = redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. score)
    local ties = redis.call('ZCOUNT', KEYS[1], score, score)
    if ties > 1 then
        local high = low + ties
        local time, user = struct.unpack('>I6', member), struct.unpack('>I7', string.sub(member, 7))
        while low < high do
            local middle = math.floor((low + high) / 2)
            local other = redis.call('ZRANGE', KEYS[1], middle, middle)[1]
            local other_time, other_user = struct.unpack('>I6', other), struct.unpack('>I7', string.sub(other, 7))
            if other_time < time or (other_time == time and other_user < user) then
                low = middle + 1
            else
                high = middle
            end
        end
    end
end
"""


def main(
    players: Annotated[int, typer.Option(help="Players of the partition.")] = 125_000,
    counts: Annotated[int, typer.Option(help="Counts to measure.")] = 40_000,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure both layouts on this machine."""
    runs = []
    with tempfile.TemporaryDirectory() as directory, ValkeyCluster(Path(directory), nodes=1) as cluster:
        host, _, port = cluster.addresses[0].rpartition(":")
        with Redis(host=host, port=int(port)) as node:
            for ties in (False, True):
                runs.append(measure(node, "bytes in the member", ties, players, counts, BYTES, _as_bytes))
                runs.append(measure(node, "score in the set", ties, players, counts, SCORES, _as_score))
    shown = Table("layout", "ties", "us a count", "bytes a player")
    for run in runs:
        shown.add_row(run["layout"], str(run["ties"]), f"{run['us_a_count']:.2f}", f"{run['bytes_a_player']:.1f}")
    Console().print(shown)
    write({**about("benchmarks.layouts"), "players": players, "counts": counts, "runs": runs}, out)


def measure(
    node: Redis,
    layout: str,
    ties: bool,
    players: int,
    counts: int,
    script: str,
    entry: Callable[[bytes], tuple[float, bytes]],
) -> dict[str, Any]:
    """Return the costs of a layout."""
    node.flushall()
    random = Random(1)
    keys = [
        sort_key(
            BOARD, Place(500 if ties else int(random.paretovariate(1.2) * 1000), NOW + random.randrange(10**10), i)
        )
        for i in range(players)
    ]
    for first in range(0, players, 1000):
        node.zadd(KEY, {member: score for score, member in map(entry, keys[first : first + 1000])})
    sha = node.script_load(script)
    node.config_resetstat()
    for _ in range(0, counts, 32):
        asked = [entry(random.choice(keys)) for _ in range(32)]
        node.evalsha(sha, 1, KEY, *([m for _, m in asked] if script is BYTES else [x for pair in asked for x in pair]))
    spent = node.info("commandstats")["cmdstat_evalsha"]["usec"]
    return {
        "layout": layout,
        "ties": ties,
        "us_a_count": spent / counts,
        "bytes_a_player": (node.memory_usage(KEY, samples=0) or 0) / players,
    }


def _as_bytes(key: bytes) -> tuple[float, bytes]:
    return 0, key


def _as_score(key: bytes) -> tuple[float, bytes]:
    return -place(BOARD, key).score, key[SCORE_BYTES:]


if __name__ == "__main__":
    typer.run(main)
