"""Laws, tables and guard rails of `benchmarks.growth`, and the page with its tables."""

import json
from math import log
from pathlib import Path

import pytest
import typer

from benchmarks.growth import is_valid, parts_of, previous_runs
from benchmarks.growth_figures import Group, fitted, growth, rows, tables
from benchmarks.plotting import number_text
from benchmarks.room import Room, fitting, require_room, required

DOCS = Path(__file__).parents[2] / "docs" / "performance"
RESULTS = DOCS / "results" / "growth.json"
SIZES = (10**5, 10**6, 10**7)
RUNS = json.loads(RESULTS.read_text())["runs"]


@pytest.mark.parametrize(
    ("costs", "law"),
    [
        ([3.0, 3.0, 3.0], "constant"),
        ([3.0, 2.9, 2.8], "constant"),
        ([5 * log(n) for n in SIZES], "log n"),
        ([2 * n for n in SIZES], "n"),
        ([2 * n * log(n) for n in SIZES], "n log n"),
    ],
)
def test_costs_have_the_law_that_made_them(costs: list[float], law: str) -> None:
    result = fitted(dict(zip(SIZES, costs, strict=True)))
    assert result is not None
    assert result.law == law
    assert result.deviation < 0.1


def test_one_size_has_no_law() -> None:
    assert fitted({10: 1.0}) is None
    assert fitted({10: 1.0, 20: 0.0}) is None


def test_ratios_are_to_the_smallest_size() -> None:
    smallest, *_, largest = sorted(run["players"] for run in RUNS)
    [submit] = [line for line in growth(RUNS) if line.group is Group.RATE and line.name.startswith("submit")]
    first, last = submit.values[smallest], submit.values[largest]
    assert first is not None
    assert last is not None
    assert submit.ratio(smallest) == 1
    assert submit.ratio(largest) == last / first


def test_a_rate_that_was_not_kept_has_no_figure() -> None:
    run = {**RUNS[0], "ranks": {"due_per_second": 2000.0, "is_kept": False}}
    values = {row["figure"]: row["value"] for row in rows([run])}
    assert values["p99 of exact ranks at 2,000 a second"] is None
    assert "| p99 of exact ranks at 2,000 a second |  |" in tables([run])


def test_what_fits_has_room_and_more_does_not() -> None:
    for free in (Room(25 * 10**9, 20 * 10**9), Room(4 * 10**9, 20 * 10**9), Room(10**12, 5 * 10**9)):
        players = fitting(free)
        require_room(players, free)
        assert any(need > have for need, have in zip(required(players * 11 // 10), free, strict=True))


def test_a_machine_without_room_is_told_what_fits() -> None:
    free = Room(25 * 10**9, 20 * 10**9)
    with pytest.raises(typer.BadParameter, match=f"What fits: {fitting(free):,} players"):
        require_room(10**8, free)
    assert fitting(Room(0, 0)) == 0


def test_runs_with_failures_or_wrong_ranks_are_measured_again(tmp_path: Path) -> None:
    assert all(map(is_valid, RUNS))
    assert not is_valid(None)
    assert not is_valid({**RUNS[0], "comparison": {"compared": 10, "different": 1}})
    assert not is_valid({**RUNS[0], "samples": {"rank": [{"statuses": {"200": 5, "503": 1}}]}})
    assert previous_runs(RESULTS).keys() == {run["players"] for run in RUNS}
    assert previous_runs(tmp_path / "none.json") == {}


def test_the_page_has_the_computed_tables() -> None:
    _, computed, _ = parts_of(DOCS / "growth.md")
    assert computed == tables(RUNS), "run python -m benchmarks.growth with --out and --page, as the page says"


def test_numbers_of_players_have_short_texts() -> None:
    assert [number_text(n) for n in (300, 300_000, 1_500_000, 10**7)] == ["300", "300k", "1.5M", "10M"]
