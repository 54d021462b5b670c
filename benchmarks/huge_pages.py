"""Cost of counting the entries above random entries of a partition, with and without huge pages for a node's heap.

    python -m benchmarks.huge_pages --out docs/performance/results/huge-pages.json

Starts two nodes with the same entries, and measures them in turns. Reports each node's time for a count, and each
node's memory.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from statistics import median
from typing import Annotated, Any

import psutil
import typer
from redis import Redis
from rich.console import Console
from rich.table import Table

from benchmarks.report import about, write
from leaderforge.domain.boards import Board
from leaderforge.domain.order import Place, sort_key
from leaderforge.embedded import ValkeyCluster

NOW = 1_700_000_000_000
BOARD = Board(1, "pages", "Pages")
KEY = "{0}entries"
COUNT = """
for i = 1, #ARGV do redis.call('ZLEXCOUNT', KEYS[1], '-', ARGV[i]) end
"""
CALL = 100
"""Number of counts in a call, as in a look-up of 100 players."""
TUNABLES = "GLIBC_TUNABLES"


def main(
    players: Annotated[int, typer.Option(help="Players of the partition.")] = 333_333,
    rounds: Annotated[int, typer.Option(help="How often each node is measured.")] = 7,
    calls: Annotated[int, typer.Option(help="Calls a round, of 100 counts each.")] = 200,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure both nodes on this machine."""
    random = Random(1)
    keys = [sort_key(BOARD, Place(random.randrange(500), NOW + random.randrange(10**9), i)) for i in range(players)]
    samples: dict[str, list[float]] = {"usual": [], "huge": []}
    with ExitStack() as stack:
        nodes = {pages: stack.enter_context(node(pages, keys)) for pages in samples}
        for turn in range(rounds):
            for pages in samples if turn % 2 else reversed(samples):
                samples[pages].append(us_a_count(nodes[pages][0], keys, random, calls))
        memory = {pages: psutil.Process(pid).memory_info().rss for pages, (_, pid) in nodes.items()}
    ratios = [huge / usual for usual, huge in zip(samples["usual"], samples["huge"], strict=True)]
    shown = Table("pages", "us a count", "memory, MB", title=f"{players:,} entries; ratio {median(ratios):.2f}")
    for pages, counts in samples.items():
        shown.add_row(pages, f"{median(counts):.2f}", f"{memory[pages] / 1e6:.1f}")
    Console().print(shown)
    report = {"players": players, "us_a_count": samples, "ratio": median(ratios), "memory_bytes": memory}
    write({**about("benchmarks.huge_pages"), **report}, out)


@contextmanager
def node(pages: str, keys: Sequence[bytes]) -> Iterator[tuple[Redis, int]]:
    """Run a node with these entries. Yield its client and its process id."""
    inherited = dict(os.environ)
    os.environ[TUNABLES] = f"glibc.malloc.hugetlb={int(pages == 'huge')}"
    with tempfile.TemporaryDirectory() as directory, ValkeyCluster(Path(directory), nodes=1) as cluster:
        os.environ.clear()
        os.environ.update(inherited)
        host, _, port = cluster.addresses[0].rpartition(":")
        [pid] = cluster.pids
        assert pid is not None
        with Redis(host=host, port=int(port)) as client:
            for first in range(0, len(keys), 1000):
                client.zadd(KEY, dict.fromkeys(keys[first : first + 1000], 0))
            yield client, pid


def us_a_count(client: Redis, keys: Sequence[bytes], random: Random, calls: int) -> float:
    """Return the server's time for a count above a random entry, in us."""
    sha = client.script_load(COUNT)
    client.config_resetstat()
    for _ in range(calls):
        client.evalsha(sha, 1, KEY, *(b"(" + key for key in sorted(random.choices(keys, k=CALL))))
    stats: Any = client.info("commandstats")
    return float(stats["cmdstat_evalsha"]["usec"]) / calls / CALL


if __name__ == "__main__":
    typer.run(main)
