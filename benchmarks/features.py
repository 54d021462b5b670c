"""Cost of features of boards: a board with the feature is compared with a board that differs only in this feature.

    python -m benchmarks.features events --out docs/performance/results/events.json
    python -m benchmarks.features events --citus DSN --out docs/performance/results/events-citus.json
    python -m benchmarks.features segments --out docs/performance/results/segments.json
    python -m benchmarks.features tiers --out docs/performance/results/tiers.json
    python -m benchmarks.features teams feeds-1 feeds-4 segments segments-sum moments numbers int64 --players 20000

Each feature is measured in a new product, one after another. Other load on the machine varies. Therefore each call is
measured directly before or after the same call on the other board, and the ratios of these pairs are reported, as
medians with quartiles. The memory of a board is the growth of the index nodes' memory while all players submit to this
board. It includes the boards that the board feeds.

With `--citus`, the store is a Citus cluster on this machine. The tables in this cluster are dropped.
"""

import asyncio
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import product as product_of
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import track

from benchmarks.bench import loaded, product, settle
from benchmarks.feature_boards import FEATURES, Feature
from benchmarks.on_citus import product_on_citus
from benchmarks.receipts import Samples, ratios, table
from benchmarks.report import about, finish
from benchmarks.requests import LONG_SCORE, PLAIN, RANGES, TEAM_SIZE, FeatureName, team_board

COUNTRIES = 50
PLATFORMS = 5
A_REQUEST = 500
"""Number of players that one request creates and scores."""
CALLERS = 8
"""Number of teams that are created concurrently."""
WARMUP_S = 0.5


def main(
    features: Annotated[list[FeatureName], typer.Argument(help="The features, which are also names of boards.")],
    players: Annotated[int, typer.Option(help="Players with a score on both boards.")] = 100_000,
    connections: Annotated[int, typer.Option(help="Connections kept busy.")] = 64,
    rounds: Annotated[int, typer.Option(help="How often each pair is measured, at least twice.", min=2)] = 12,
    seconds: Annotated[float, typer.Option(help="Seconds a measurement.")] = 2,
    citus: Annotated[str | None, typer.Option(help="DSN of a Citus cluster; its tables are dropped.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure features on this machine."""
    load = {"players": players, "connections": connections, "seconds": seconds}
    os.environ["LEADERFORGE_SEGMENTS"] = "country,platform"
    memory: dict[str, dict[str, int]] = {}
    samples: Samples = {}
    for feature in features:
        memory[feature], of_feature = measured(feature, load, rounds, citus)
        samples |= {f"{feature}: {call}": pair for call, pair in of_feature.items()}
    report = {
        **about("benchmarks.features"), "features": features, "on_citus": citus is not None, **load,
        "bytes_a_player": {
            feature: {board: round(size / players, 1) for board, size in boards.items()}
            for feature, boards in memory.items()
        },
        "ratios": {kind: ratios(*pair.values()) for kind, pair in samples.items()}, "samples": samples,
    }  # fmt: skip
    Console().print("Index, bytes a player:", report["bytes_a_player"])
    finish(report, table(report), out, [result for pair in samples.values() for of in pair.values() for result in of])


def measured(name: FeatureName, load: dict[str, Any], rounds: int, citus: str | None) -> tuple[dict[str, int], Samples]:
    """Measure a feature in a new product. Return the index memory of both boards (bytes), and the measurements."""
    samples: Samples = {
        call: {f"{plain_call} {PLAIN}": [], f"{call} {name}": []} for call, plain_call in FEATURES[name].calls.items()
    }
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leaderforge-features-")))
        facts = stack.enter_context(product_on_citus(directory, citus) if citus else product(directory, []))
        memory = filled(facts, name, load["players"])
        asyncio.run(settle(facts["postgres"]))
        for turn, pair in track(list(product_of(range(rounds), samples.values())), f"Measuring {name}"):
            for kind in list(pair) if turn % 2 else list(pair)[::-1]:
                pair[kind].append(loaded(facts, kind, facts["api"], warmup_s=WARMUP_S, **load))
    return memory, samples


def filled(facts: dict[str, Any], name: FeatureName, players: int) -> dict[str, int]:
    """Create the boards, and players with a score on each. Return the index memory (bytes) that each board added."""
    headers = {"Authorization": f"Bearer {facts['admin_key']}"}
    batches = [range(first, min(first + A_REQUEST, players + 1)) for first in range(1, players + 1, A_REQUEST)]
    memory: dict[str, int] = {}
    with httpx.Client(base_url=facts["api"], headers=headers, timeout=60) as client:
        for batch in track(batches, "Creating players"):
            users = [{"user_id": i, "username": f"player {i}", "attributes": attributes(i)} for i in batch]
            client.post("/api/users/batch", json={"users": users}).raise_for_status()
        for board in (PLAIN, name):
            create_boards(client, board, FEATURES[name], players)
            memory[board] = memory_of_scores(client, board, FEATURES[name], batches)
    return memory


def create_boards(client: httpx.Client, board: str, feature: Feature, players: int) -> None:
    """Create a board, the boards that it feeds, and its team board. The plain board has none of them."""
    setting = feature.setting if board != PLAIN else {}
    for feed in setting.get("feeds", ()):
        client.post("/api/boards", json={"board": feed["board"], **feature.common}).raise_for_status()
    client.post("/api/boards", json={"board": board, **feature.common, **setting}).raise_for_status()
    if board != PLAIN and feature.has_teams:
        team = {"board": team_board(board), **feature.common, "team": {"source": board}}
        client.post("/api/boards", json=team).raise_for_status()
        create_teams(client, players)


def create_teams(client: httpx.Client, players: int) -> None:
    """Put all players into teams of `TEAM_SIZE`. The id of a team is minus the id of its first player."""

    def create(first: int) -> None:
        team = {"team_id": -first, "name": f"team {first}", "captain_id": first, "max_members": TEAM_SIZE}
        client.post("/api/teams", json=team).raise_for_status()
        for user_id in range(first + 1, min(first + TEAM_SIZE, players + 1)):
            client.put(f"/api/teams/{-first}/members/{user_id}").raise_for_status()

    firsts = range(1, players + 1, TEAM_SIZE)
    with ThreadPoolExecutor(CALLERS) as callers:
        list(track(callers.map(create, firsts), "Creating teams", total=len(firsts)))


def memory_of_scores(client: httpx.Client, board: str, feature: Feature, batches: Sequence[range]) -> int:
    """Submit a score for each player. Return the index memory that the scores added, in bytes."""
    long_scores = feature.has_long_scores and board != PLAIN
    before = used_memory(client)
    for batch in track(batches, f"Scoring on the board {board}"):
        scores = {"submissions": [submission(i, feature.has_numbers, long_scores) for i in batch]}
        client.post(f"/api/boards/{board}/scores/batch?rank=none", json=scores).raise_for_status()
    return max(0, used_memory(client) - before)  # negative if buffers shrink more than players add


def submission(user_id: int, has_numbers: bool, has_long_score: bool) -> dict[str, Any]:
    """Return the first submission of a player."""
    score = user_id * 7919 % 1_000_003
    numbers = {name: user_id * 7919 % size for name, size in RANGES.items()}
    return {
        "user_id": user_id,
        "score": str(LONG_SCORE + score) if has_long_score else score,
        **({"numbers": numbers} if has_numbers else {}),
    }


def attributes(user_id: int) -> dict[str, str]:
    """Return the attributes of a player."""
    return {"country": f"C{user_id % COUNTRIES}", "platform": f"platform {user_id % PLATFORMS}"}


def used_memory(client: httpx.Client) -> int:
    """Return the memory of all nodes of the index, in bytes."""
    return sum(node["memory_bytes"] for node in client.get("/api/admin/shards").json()["nodes"])


if __name__ == "__main__":
    typer.run(main)
