"""Figures of `benchmarks.growth` by number of players, the laws that they follow, and tables of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from math import log
from typing import Any, NamedTuple

from benchmarks.report import markdown

Run = Mapping[str, Any]
"""Measurement of one number of players."""

Law = Callable[[float], float]

RATES = {
    "submit": "submit, exact rank",
    "top": "top 10",
    "rank": "rank of a random player",
    "first_page": "page of 50 at rank 1",
    "random_page": "page of 50 at a random rank",
    "around": "5 neighbours on each side",
    "percentile": "entry at a percentile",
    "lookup": "look-up of 100 players",
}
"""Names of the scenarios, in the order of the tables."""
_COMMANDS = {
    "populate": "`populate`",
    "rebuild": "`rebuild`",
    "rebuild --empty": "`rebuild --empty`",
    "rebuild of a partition": "`rebuild --partition 0`, with reads",
    "loss of a partition": "loss of a partition until it is loaded, with reads",
    "verify": "`verify`",
    "stop": "stop of the product",
}
_STALLS = {
    "scenarios": "longest ping of a node under load",
    "rebuild of a partition": "longest ping while a partition is rebuilt",
    "loss of a partition": "longest ping while a lost partition is loaded",
    "rebuild": "longest ping during `rebuild`",
    "rebuild --empty": "longest ping during `rebuild --empty`",
}
_RANKS = {
    "ranks": "",
    "ranks_during_rebuild": " while a partition is rebuilt",
    "ranks_during_loss": " while a lost partition is loaded",
}
_MEMORY = {"index": "index nodes", "api": "API", "database": "PostgreSQL", "command": "largest command"}
_DISK = {
    "tables_disk": "tables and indexes",
    "wal_disk": "write-ahead log",
    "temporary_disk": "temporary files",
    "dumps_disk": "files of the index nodes",
    "all_disk": "everything",
}
LAWS: Mapping[str, Law] = {
    "constant": lambda _: 1.0,
    "log n": log,
    "n": lambda n: n,
    "n log n": lambda n: n * log(n),
}
"""Laws that the cost of an operation may follow with n players, each up to a factor."""
FITTING = 0.25
"""Largest deviation at which tables say that a law fits."""


class Group(StrEnum):
    """Group of figures, with its unit as value."""

    RATE = "requests a second"
    SHARE = "of the ceiling"
    DELAY = "ms"
    DURATION = "s"
    MEMORY = "MB of memory"
    DISK = "MB of disk"


FORMATS: Mapping[Group, str] = {
    Group.RATE: ",.0f",
    Group.SHARE: ".2f",
    Group.DELAY: ",.1f",
    Group.DURATION: ",.1f",
    Group.MEMORY: ",.0f",
    Group.DISK: ",.0f",
}


class Figure(NamedTuple):
    """Figure of one number of players. `value` is None if the product did not keep the rate of a load."""

    group: Group
    name: str
    value: float | None


class Fit(NamedTuple):
    """Law that the costs follow best. `deviation` is the ratio of the largest to the smallest factor, minus 1."""

    law: str
    deviation: float


def figures(run: Run) -> Iterator[Figure]:
    """Yield the figures of a run."""
    for kind, name in RATES.items():
        yield Figure(Group.RATE, name, run["scenarios"][kind]["rate"])
    for kind, name in RATES.items():
        yield Figure(Group.SHARE, name, run["scenarios"][kind]["of_ceiling"])
    yield from _delays(run)
    yield from _durations(run)
    yield from _sizes(run)


def _delays(run: Run) -> Iterator[Figure]:
    for part, what in _RANKS.items():
        load = run[part]
        name = f"of exact ranks at {load['due_per_second']:,.0f} a second{what}"
        latency = load["latency"]["all"] if load["is_kept"] else {}
        for percentile in ("p50", "p99"):
            yield Figure(Group.DELAY, f"{percentile} {name}", latency.get(f"{percentile}_ms"))
    phases = _phases(run)
    for phase, name in _STALLS.items():
        yield Figure(Group.DELAY, name, phases[phase]["longest_ping_ms"])
    commands = [phase.get("longest_command_ms", 0.0) for phase in run["phases"]]
    yield Figure(Group.DELAY, "longest command of a node in all phases", max(commands))


def _durations(run: Run) -> Iterator[Figure]:
    phases = _phases(run)
    for phase, name in _COMMANDS.items():
        yield Figure(Group.DURATION, name, phases[phase]["seconds"])
    yield Figure(Group.DURATION, "start until the first exact rank", run["restart"]["store_s"])
    yield Figure(Group.DURATION, "start until the first rank from the index", run["restart"]["index_s"])


def _sizes(run: Run) -> Iterator[Figure]:
    size, peak = run["size"], run["peak"]
    yield Figure(Group.MEMORY, "index nodes, as they count it, after `populate`", size["index_used_memory"] / 1e6)
    for part, name in _MEMORY.items():
        if part != "command":
            yield Figure(Group.MEMORY, f"{name}, after `populate`", size[f"{part}_memory"] / 1e6)
        yield Figure(Group.MEMORY, f"{name}, peak", peak[f"{part}_memory"] / 1e6)
    yield Figure(Group.DISK, "tables, after `populate`", size["tables"] / 1e6)
    yield Figure(Group.DISK, "indexes, after `populate`", size["indexes"] / 1e6)
    for part, name in _DISK.items():
        yield Figure(Group.DISK, f"{name}, peak", peak[part] / 1e6)


def _phases(run: Run) -> Mapping[str, Mapping[str, Any]]:
    return {phase["phase"]: phase for phase in run["phases"]}


def fitted(costs: Mapping[int, float]) -> Fit | None:
    """Return the law that fits the costs of at least two numbers of players best. None without two positive costs."""
    points = {players: cost for players, cost in costs.items() if cost > 0}
    if len(points) < 2:
        return None
    return min(
        (Fit(name, _deviation(points, law)) for name, law in LAWS.items()), key=lambda candidate: candidate.deviation
    )


def _deviation(costs: Mapping[int, float], law: Law) -> float:
    factors = [cost / law(players) for players, cost in costs.items()]
    return max(factors) / min(factors) - 1


class Growth(NamedTuple):
    """Figure for all numbers of players: its values, their ratios to the value of the smallest number, and the law."""

    group: Group
    name: str
    values: Mapping[int, float | None]
    fit: Fit | None

    def ratio(self, players: int) -> float | None:
        """Return the ratio of a value to the value of the smallest number of players, None without both."""
        first, value = self.values[min(self.values)], self.values[players]
        return value / first if value is not None and first else None


def growth(runs: Sequence[Run]) -> Sequence[Growth]:
    """Return all figures of the runs, with their growth."""
    by_name: dict[tuple[Group, str], dict[int, float | None]] = {}
    for run in runs:
        for figure in figures(run):
            by_name.setdefault((figure.group, figure.name), {})[run["players"]] = figure.value
    return [Growth(group, name, values, fitted(_costs(group, values))) for (group, name), values in by_name.items()]


def _costs(group: Group, values: Mapping[int, float | None]) -> dict[int, float]:
    """Return the cost of a figure by number of players. The cost of a rate is the time for a request."""
    is_rate = group in {Group.RATE, Group.SHARE}
    return {players: 1 / value if is_rate else value for players, value in values.items() if value}


def rows(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Return a row for each figure and number of players."""
    return [
        {
            "players": players,
            "figure": figure.name,
            "unit": figure.group.value,
            "value": None if value is None else round(value, 3),
            "ratio": figure.ratio(players),
            "law": figure.fit and figure.fit.law,
            "deviation": figure.fit and round(figure.fit.deviation, 3),
        }
        for figure in growth(runs)
        for players, value in figure.values.items()
    ]


def tables(runs: Sequence[Run]) -> str:
    """Return the tables of the page: the machine of each run, and a table for each group of figures."""
    all_figures = growth(runs)
    groups = [_table(group, [f for f in all_figures if f.group is group], runs) for group in Group]
    return "\n\n".join([_machines(runs), *groups])


def _machines(runs: Sequence[Run]) -> str:
    columns = ("players", "taken", "machine", "load average before", "ranks compared", "different")
    return markdown(columns, [_machine(run) for run in runs])


def _machine(run: Run) -> Sequence[str]:
    machine, comparison = run["machine"], run["comparison"]
    memory = f"{machine['memory_bytes'] / 2**30:.0f} GiB"
    return (
        f"{run['players']:,}",
        run["taken"][:10],
        f"{machine['cores']} cores ({machine['processor']}), {memory}",
        f"{run['load_averages'][0]:.1f}",
        f"{comparison['compared']:,}",
        f"{comparison['different']:,}",
    )


def _table(group: Group, figures_of_group: Sequence[Growth], runs: Sequence[Run]) -> str:
    sizes = [run["players"] for run in runs]
    columns = [group.value, *(f"{n:,} players" for n in sizes), *(f"ratio, {n:,}" for n in sizes[1:]), "law"]
    return markdown(columns, [_line(figure, sizes) for figure in figures_of_group])


def _line(figure: Growth, sizes: Sequence[int]) -> Sequence[str]:
    values = (_text(figure.values.get(n), FORMATS[figure.group]) for n in sizes)
    ratios = (_text(figure.ratio(n) if n in figure.values else None, ".2f") for n in sizes[1:])
    return figure.name, *values, *ratios, _law_text(figure.fit)


def _law_text(fit: Fit | None) -> str:
    if fit is None:
        return ""
    return f"{fit.law}, within {fit.deviation:.0%}" if fit.deviation <= FITTING else "none fits"


def _text(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
