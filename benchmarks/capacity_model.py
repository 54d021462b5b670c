"""Cost model from measured figures: processor time that an operation takes on each part, and bytes of a player."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from leaderforge.coalescing import BATCH

RESULTS = Path(__file__).parents[1] / "docs" / "performance" / "results"
CORE_US = 1_000_000
"""Processor time of a core in a second, in us."""
_BATCH = 500


class Line(NamedTuple):
    """Linear law `y = slope * x + base`."""

    slope: float
    base: float

    def at(self, x: float) -> float:
        """Return the `y` that belongs to `x`."""
        return self.slope * x + self.base


class OperationCost(NamedTuple):
    """Processor time of an operation, in us.

    `index_own_us` is work on the player's own partition, which the nodes divide. `index_each_us` is work that every
    node repeats. `api_node_us` is work of the API for each node, if there are more nodes than in the benchmark.
    """

    api_us: float
    store_us: float
    index_own_us: float
    index_each_us: float
    api_node_us: float = 0.0


class PlayerBytes(NamedTuple):
    """Bytes of a player in index and store, with one submission, and bytes of a further submission in the store."""

    in_index: float
    in_store: float
    further: float


class CheckedPoint(NamedTuple):
    """Measured rate per second of an operation, and the rate that the model computes."""

    name: str
    measured: float
    predicted: float

    @property
    def deviation(self) -> float:
        """Return the relative deviation of the computed rate from the measured rate."""
        return self.predicted / self.measured - 1


def results(name: str) -> Any:
    """Return the raw data of a benchmark."""
    return json.loads((RESULTS / f"{name}.json").read_text())


def fitted(points: Sequence[tuple[float, float]]) -> Line:
    """Return the line whose relative deviations from the points (x, y) have the least sum of squares."""
    # Weights of 1 / y^2 turn absolute into relative deviations.
    weights = [1 / y**2 for _, y in points]
    total = sum(weights)
    mean_x = sum(w * x for w, (x, _) in zip(weights, points, strict=True)) / total
    mean_y = sum(w * y for w, (_, y) in zip(weights, points, strict=True)) / total
    covariance = sum(w * (x - mean_x) * (y - mean_y) for w, (x, y) in zip(weights, points, strict=True))
    slope = covariance / sum(w * (x - mean_x) ** 2 for w, (x, _) in zip(weights, points, strict=True))
    return Line(slope, mean_y - slope * mean_x)


def api_node_us(shards: Mapping[str, Any], operation: str) -> float:
    """Return the API's time (us) that a further node adds to a request, from batched calls in `benchmarks.shards`."""
    rows = [row for row in shards["rows"] if row["operation"] == operation and row["nodes"] == row["partitions"]]
    return fitted([(row["nodes"], row["coordinator_cpu_us"]) for row in rows]).slope / BATCH


def operation_costs(bench: Mapping[str, Any], shards: Mapping[str, Any]) -> Mapping[str, OperationCost]:
    """Return the costs of single requests and of a submission in a batch, from `benchmarks.bench` and `shards`.

    The difference between submissions with and without a rank is the time of counting on all nodes.
    """
    scenarios, nodes = bench["scenarios"], bench["nodes"]
    cpu = {name: scenario["cpu_us"] for name, scenario in scenarios.items()}
    each = (cpu["submit"]["index"] - cpu["submit_unranked"]["index"]) / nodes
    plain, rank, batch = cpu["submit_unranked"], cpu["rank"], cpu["batch_unranked"]
    return {
        "submit, exact rank": OperationCost(
            cpu["submit"]["api"],
            cpu["submit"]["database"],
            plain["index"],
            each,
            api_node_us(shards, "submit, exact rank"),
        ),
        "submit, rank=none": OperationCost(plain["api"], plain["database"], plain["index"], 0),
        "submit in a batch, rank=none": OperationCost(
            batch["api"] / _BATCH, batch["database"] / _BATCH, batch["index"] / _BATCH, 0
        ),
        "rank": OperationCost(
            rank["api"], rank["database"], rank["index"] - nodes * each, each, api_node_us(shards, "rank")
        ),
        "top": OperationCost(cpu["top"]["api"], 0, 0, 0),
    }


def player_bytes(bench: Mapping[str, Any], sizes: Mapping[str, Any]) -> PlayerBytes:
    """Return the bytes of a player, from `benchmarks.bench` and from the sizes of a store."""
    per_row = {name: table["bytes"] / table["rows"] for name, table in sizes["tables"].items()}
    memory = bench["index_memory"]
    return PlayerBytes(
        memory["bytes_per_player"] + memory["names_per_player"], sum(per_row.values()), per_row["score_events"]
    )


def machine_points(bench: Mapping[str, Any]) -> Sequence[CheckedPoint]:
    """Return the measured rates of a machine that runs all parts, each with the rate computed from processor times.

    The computation has two fitted constants: the load generator's time for a request, and the used share of the
    processor.
    """
    scenarios = {name: s for name, s in bench["scenarios"].items() if not name.startswith("noop")}
    machine_us = bench["machine"]["cores"] * CORE_US
    points = [(sum(s["cpu_us"].values()), machine_us / s["rate"]) for s in scenarios.values()]
    line = fitted(points)
    return [
        CheckedPoint(name, s["rate"], machine_us / line.at(x))
        for (name, s), (x, _) in zip(scenarios.items(), points, strict=True)
    ]


def node_lines(capped: Mapping[str, Any]) -> Mapping[str, tuple[Line, Sequence[CheckedPoint]]]:
    """Return the linear law of each operation's time by 1 / nodes, with the measured points. Nodes are the bottleneck.

    `slope` is the time that nodes share, and `base` the time that every node spends, both in us.
    """
    laws = {}
    for name in ("submit, rank=none", "submit, exact rank", "rank, batched"):
        rows = [row for row in capped["rows"] if row["operation"] == name and not row["replicas"]]
        node_us = capped["share"] * CORE_US
        line = fitted([(1 / row["nodes"], node_us / row["per_second"]) for row in rows])
        laws[name] = (
            line,
            [
                CheckedPoint(f"{name}, {row['nodes']} nodes", row["per_second"], node_us / line.at(1 / row["nodes"]))
                for row in rows
            ],
        )
    return laws
