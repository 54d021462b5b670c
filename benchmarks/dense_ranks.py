"""Cost of dense ranks (1, 2, 2, 3): an update of one partition with and without an index of its distinct scores.

    python -m benchmarks.dense_ranks --out docs/performance/results/dense-ranks.json

The index `counts` keeps the number of entries of each distinct score. Its ranks are exact with one partition only: a
score that two partitions have would be counted twice. The index `members` keeps the set of players of each distinct
score. A repeated update does not change such a set, and the sets could be partitioned by score. Reports the server's
time and memory.
"""

import tempfile
from collections.abc import Iterator, Sequence
from importlib.resources import files
from itertools import product
from pathlib import Path
from random import Random
from typing import Annotated, Any
from uuid import UUID

import typer
from redis import Redis
from rich.console import Console
from rich.table import Table

from benchmarks.report import about, write
from leaderforge.adapters.redis.applying import PartitionedUpdate
from leaderforge.domain.boards import Board, Ladder, Policy
from leaderforge.domain.chunks import chunks
from leaderforge.domain.standings import Standing
from leaderforge.embedded import ValkeyCluster
from leaderforge.ports.index import LadderUpdate

LADDER = Ladder(Board(1, "dense", "Dense", Policy.LATEST))
KEYS = [f"{{0}}{name}" for name in ("meta", "entries", "standings")]
_APPLY = files("leaderforge.adapters.redis.scripts").joinpath("apply.lua").read_text()
_REMOVED = "                if old_entry then\n"
_ADDED = "                if entry then\n"
_COUNTED = "local call, sub, entries, above = redis.call, string.sub, KEYS[2], {}"


def _with_distinct(removed: str, added: str) -> str:
    """Return apply.lua with an index of the distinct scores. The script then counts ranks in this index.

    `removed` and `added` are the Lua code that updates this index for a removed and for an added entry.
    """
    source = _APPLY
    for line, replacement in {
        _REMOVED: f"{_REMOVED}local gone = string.sub(old_entry, 1, 7)\n{removed}",
        _ADDED: f"{_ADDED}local new = string.sub(entry, 1, 7)\n{added}",
        _COUNTED: _COUNTED.replace("KEYS[2]", "'{0}distinct'"),
    }.items():
        if source.count(line) != 1:
            raise ValueError(f"apply.lua has no longer one line {line.strip()!r}: adapt this benchmark")
        source = source.replace(line, replacement)
    return source


SCRIPTS = {
    "today": _APPLY,
    "counts": _with_distinct(
        """
        if redis.call('HINCRBY', '{0}counts', gone, -1) == 0 then
            redis.call('HDEL', '{0}counts', gone)
            redis.call('ZREM', '{0}distinct', gone)
        end
        """,
        "if redis.call('HINCRBY', '{0}counts', new, 1) == 1 then redis.call('ZADD', '{0}distinct', 0, new) end\n",
    ),
    "members": _with_distinct(
        """
        redis.call('SREM', '{0}members:' .. gone, user)
        if redis.call('EXISTS', '{0}members:' .. gone) == 0 then redis.call('ZREM', '{0}distinct', gone) end
        """,
        "redis.call('SADD', '{0}members:' .. new, user)\nredis.call('ZADD', '{0}distinct', 0, new)\n",
    ),
}


def main(
    players: Annotated[int, typer.Option(help="Players of the partition.")] = 125_000,
    updates: Annotated[int, typer.Option(help="Updates to measure.")] = 2_000,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure the scripts on this machine."""
    with tempfile.TemporaryDirectory() as folder, ValkeyCluster(Path(folder), nodes=1) as cluster:
        host, _, port = cluster.addresses[0].rpartition(":")
        with Redis(host=host, port=int(port)) as node:
            results = [
                _measure(node, name, spread, batch, players, updates)
                for spread, batch, name in product((100, 100_000, 10**9), (1, 32), SCRIPTS)
            ]
    _show(results)
    write({**about("benchmarks.dense_ranks"), "players": players, "updates": updates, "results": results}, out)


def _measure(node: Redis, name: str, spread: int, batch: int, players: int, updates: int) -> dict[str, Any]:
    random = Random(1)
    # Free memory synchronously: the next run must begin without the memory of the previous run.
    node.config_set("lazyfree-lazy-user-flush", "no")
    node.flushall()
    node.hset(KEYS[0], "watermark", "1")
    script = node.script_load(SCRIPTS[name])
    before = _used(node)
    for users in chunks(range(players), 500):
        node.evalsha(script, len(KEYS), *KEYS, *_arguments(_standings(users, 1, spread, random), count=False))
    used = _used(node) - before
    node.config_resetstat()
    for revision in range(2, updates + 2):
        users = random.sample(range(players), batch)
        node.evalsha(script, len(KEYS), *KEYS, *_arguments(_standings(users, revision, spread, random), count=True))
    statistics = node.info("commandstats")["cmdstat_evalsha"]
    return {
        "script": name,
        "scores": spread,
        "batch": batch,
        "us_per_standing": round(statistics["usec"] / statistics["calls"] / batch, 1),
        "bytes_per_player": round(used / players, 1),
    }


def _standings(users: Sequence[int], revision: int, spread: int, random: Random) -> Iterator[Standing]:
    for user_id in users:
        yield Standing(user_id, random.randrange(spread), revision, UUID(int=0), None, True, revision=revision)


def _arguments(standings: Iterator[Standing], *, count: bool) -> Sequence[bytes | int]:
    update = LadderUpdate(LADDER, list(standings), count)
    [arguments] = PartitionedUpdate.of(update, lambda users: {0: list(users)}, [0]).arguments()
    return arguments


def _used(node: Redis) -> int:
    return int(node.info("memory")["used_memory"])


def _show(results: Sequence[dict[str, Any]]) -> None:
    table = Table("script", "different scores", "batch", "us a standing", "bytes a player")
    for result in results:
        table.add_row(*map(str, result.values()))
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
