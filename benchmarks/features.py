"""Cost of features of boards: a board with the feature is compared with a board that differs only in this feature.

    python -m benchmarks.features events --out docs/performance/results/events.json
    python -m benchmarks.features events --citus DSN --out docs/performance/results/events-citus.json
    python -m benchmarks.features segments --out docs/performance/results/segments.json
    python -m benchmarks.features teams --players 5000 --out docs/performance/results/teams.json
    python -m benchmarks.features tiers --out docs/performance/results/tiers.json

Other load on the machine varies. Therefore each call is measured directly before or after the same call on the other
board, and the ratios of these pairs are reported, as medians with quartiles. The memory of a board is the growth of the
index nodes' memory while all players submit to this board.

With `--citus`, the store is a Citus cluster on this machine. The tables in this cluster are dropped.
"""

import asyncio
import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from itertools import product as product_of
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import httpx
import typer
from rich.console import Console
from rich.progress import track

from benchmarks.bench import loaded, product, settle
from benchmarks.on_citus import product_on_citus
from benchmarks.receipts import Samples, ratios, table
from benchmarks.report import about, finish
from benchmarks.requests import PLAIN, FeatureName


class Feature(NamedTuple):
    """Setting of a board, and the calls whose cost is measured. Both compared boards have the settings `common`."""

    setting: dict[str, Any]
    calls: Sequence[str]
    common: Mapping[str, Any]
    has_teams: bool = False
    """Whether all players are in teams, and a team board has this board as its source."""


_SUM = {"policy": "sum"}
"""Policy with which each submission improves the standing, and therefore yields a notice `score.improved`."""
_FEW_TIERS = [
    {"name": "champion", "rank": 100},
    *({"name": f"top {percent}", "percent": percent} for percent in (5, 20, 50)),
    {"name": "entrant"},
]

FEATURES = {
    FeatureName.EVENTS: Feature({"events": ["score.improved"]}, ["submit"], _SUM),
    # A minimum interval of 0 refuses nothing, but makes batches run the statements of boards with rules.
    FeatureName.EVENTS_RULES: Feature({"events": ["score.improved"]}, ["submit"], _SUM | {"min_interval_ms": 0}),
    FeatureName.EVENTS_RANKS: Feature(
        {"events": ["score.improved", "tier.changed", "rank.entered_top"]}, ["submit"], _SUM | {"tiers": _FEW_TIERS}
    ),
    # No player has friends: only the look-up of followers is measured, which finds none.
    FeatureName.EVENTS_FRIENDS: Feature({"events": ["score.improved", "player.overtaken"]}, ["submit"], _SUM),
    FeatureName.MOMENTS: Feature({"moment_days": 30}, ["submit", "rank", "page"], _SUM),
    # Each submission changes the sum of a player, and therefore the score of the team.
    FeatureName.TEAMS: Feature({}, ["submit", "rank"], _SUM, has_teams=True),
    FeatureName.SEGMENTS: Feature({"segments": ["country", "platform"]}, ["submit", "rank"], {"policy": "best"}),
    FeatureName.TIERS: Feature(
        {
            "tiers": [
                {"name": "champion", "rank": 100},
                *({"name": f"tier {percent}", "percent": percent} for percent in range(5, 90, 5)),
                {"name": "beginner", "score": 100_000},
                {"name": "entrant"},
            ]
        },
        ["submit", "rank", "top", "page", "around", "lookup"],
        {"policy": "best"},
    ),
}
"""Features by name. The board with tiers has the maximum number of tiers, with all kinds of limits."""
COUNTRIES = 50
PLATFORMS = 5
TEAM_SIZE = 10
A_REQUEST = 500
"""Number of players that one request creates and scores."""
WARMUP_S = 0.5


def main(
    feature: Annotated[FeatureName, typer.Argument(help="The feature, and the name of its board.")],
    players: Annotated[int, typer.Option(help="Players with a score on both boards.")] = 100_000,
    connections: Annotated[int, typer.Option(help="Connections kept busy.")] = 64,
    rounds: Annotated[int, typer.Option(help="How often each pair is measured, at least twice.", min=2)] = 12,
    seconds: Annotated[float, typer.Option(help="Seconds a measurement.")] = 2,
    citus: Annotated[str | None, typer.Option(help="DSN of a Citus cluster; its tables are dropped.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure a feature on this machine."""
    console = Console()
    samples: Samples = {call: {f"{call} {PLAIN}": [], f"{call} {feature}": []} for call in FEATURES[feature].calls}
    os.environ["LEADERFORGE_SEGMENTS"] = "country,platform"
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leaderforge-features-")))
        facts = stack.enter_context(product_on_citus(directory, citus) if citus else product(directory, []))
        memory = filled(facts, feature, players)
        asyncio.run(settle(facts["postgres"]))
        for turn, pair in track(list(product_of(range(rounds), samples.values())), "Measuring", console=console):
            for kind in list(pair) if turn % 2 else list(pair)[::-1]:
                load = {"players": players, "connections": connections, "seconds": seconds}
                pair[kind].append(loaded(facts, kind, facts["api"], warmup_s=WARMUP_S, **load))
    report = {
        **about("benchmarks.features"), "feature": feature, "on_citus": citus is not None,
        "players": players, "connections": connections, "seconds": seconds,
        "bytes_a_player": {board: round(size / players, 1) for board, size in memory.items()},
        "ratios": {kind: ratios(*pair.values()) for kind, pair in samples.items()}, "samples": samples,
    }  # fmt: skip
    console.print("Index, bytes a player:", report["bytes_a_player"])
    finish(report, table(report), out, [result for pair in samples.values() for of in pair.values() for result in of])


def filled(facts: dict[str, Any], feature: str, players: int) -> dict[str, int]:
    """Create the boards, and players with a score on each. Return the index memory (bytes) that each board added."""
    headers = {"Authorization": f"Bearer {facts['admin_key']}"}
    memory: dict[str, int] = {}
    with httpx.Client(base_url=facts["api"], headers=headers, timeout=60) as client:
        batches = [range(first, min(first + A_REQUEST, players + 1)) for first in range(1, players + 1, A_REQUEST)]
        for batch in track(batches, "Creating players"):
            users = [{"user_id": i, "username": f"player {i}", "attributes": attributes(i)} for i in batch]
            client.post("/api/users/batch", json={"users": users}).raise_for_status()
        for board, setting in ((PLAIN, {}), (feature, FEATURES[feature].setting)):
            settings = {"board": board, **FEATURES[feature].common, **setting}
            client.post("/api/boards", json=settings).raise_for_status()
            if board != PLAIN and FEATURES[feature].has_teams:
                create_teams(client, board, players)
            before = used_memory(client)
            for batch in track(batches, f"Scoring on the board {board}"):
                scores = {"submissions": [{"user_id": i, "score": i * 7919 % 1_000_003} for i in batch]}
                client.post(f"/api/boards/{board}/scores/batch?rank=none", json=scores).raise_for_status()
            memory[board] = max(0, used_memory(client) - before)  # negative if buffers shrink more than players add
    return memory


def create_teams(client: httpx.Client, board: str, players: int) -> None:
    """Create a team board whose source is `board`, and put all players into teams."""
    team_board = {"board": f"{board}-ranked", **FEATURES[FeatureName(board)].common, "team": {"source": board}}
    client.post("/api/boards", json=team_board).raise_for_status()
    for first in track(range(1, players + 1, TEAM_SIZE), "Creating teams"):
        team = {"team_id": -first, "name": f"team {first}", "captain_id": first, "max_members": TEAM_SIZE}
        client.post("/api/teams", json=team).raise_for_status()
        for user_id in range(first + 1, min(first + TEAM_SIZE, players + 1)):
            client.put(f"/api/teams/{-first}/members/{user_id}").raise_for_status()


def attributes(user_id: int) -> dict[str, str]:
    """Return the attributes of a player."""
    return {"country": f"C{user_id % COUNTRIES}", "platform": f"platform {user_id % PLATFORMS}"}


def used_memory(client: httpx.Client) -> int:
    """Return the memory of all nodes of the index, in bytes."""
    return sum(node["memory_bytes"] for node in client.get("/api/admin/shards").json()["nodes"])


if __name__ == "__main__":
    typer.run(main)
