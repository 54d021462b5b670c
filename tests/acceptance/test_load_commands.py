"""Short runs of every command of docs/performance, on real servers. The figures are not checked."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.caps import CannotCap, capped
from tests.acceptance.test_dev import Dev

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "performance"
COMMAND = re.compile(r"python -m ((?:benchmarks|tests\.browser)\.\w+)")
SECONDS = 240

Report = Mapping[str, Any]

SHORT: Mapping[str, str] = {
    "benchmarks.bench": (
        "--players 300 --connections 4 --rounds 1 --seconds 0.5 --warmup-s 0.1 --batch 10"
        " --only noop_get --only submit --only batch"
    ),
    "benchmarks.boards_bench": "--boards 3 --connections 4 --seconds 0.5",
    "benchmarks.compression": "--rounds 1",
    "benchmarks.counting": "--players 300 --lines 200 --rounds 2 --seconds 1 --batch 10 --only names",
    "benchmarks.dense_ranks": "--players 500 --updates 20",
    "benchmarks.growth": (
        "--players 300 --connections 4 --rounds 1 --seconds 0.3 --warmup-s 0.1 --rate 20 --compared 300"
    ),
    "benchmarks.huge_pages": "--players 2000 --rounds 2 --calls 2",
    "benchmarks.imports": "--lines 2000",
    "benchmarks.index_bench": "--players 300 --partitions 3 --connections 4 --seconds 0.1",
    "benchmarks.layouts": "--players 500 --counts 50",
    "benchmarks.listeners": "--listeners 3 --seconds 2",
    "benchmarks.mixed": "--players 300 --connections 4 --seconds 0.5",
    "benchmarks.moments": "--players 300 --batches 40 --reads 5 --compared 20",
    "benchmarks.name_search": "--players 1000 --rounds 3",
    "benchmarks.promises": "--times 1",
    "benchmarks.receipts": "--players 300 --connections 4 --rounds 2 --seconds 1 --batch 10",
    "benchmarks.friends": "--players 600 --sizes 10 --sizes 500 --rounds 2 --requests 2",
    "benchmarks.features": "teams feeds-4 numbers int64 --players 300 --connections 4 --rounds 2 --seconds 0.2",
    "benchmarks.settlement": "--participants 300",
    "benchmarks.shards": "--players 500 --nodes 1 --nodes 2 --partitions 2 --callers 4 --seconds 0.2",
    "benchmarks.shards_capped": (
        "--players 100 --nodes 1 --nodes 2 --replicas 1 --share 0.5 --callers 2 --seconds 0.2"
    ),
    "benchmarks.score_ranges": ("--players 100 --nodes 1 --nodes 2 --share 0.5 --callers 2 --seconds 0.2 --rounds 2"),
    "benchmarks.storage": "--players 300",
    "benchmarks.storage_layouts": "--players 300",
    "benchmarks.store_bench": "--players 300 --seconds 0.1",
    "benchmarks.streams": "--players 300 --connections 1 --rounds 1 --seconds 1 --batch 10 --ahead 200",
    "benchmarks.workers": "--players 300 --connections 4 --rounds 2 --seconds 0.5 --warmup-s 0.1",
    "benchmarks.upgrade": "--players 300 --events 1 --rounds 5",
}
PLOTS = {
    "benchmarks.plot": "benchmarks.bench",
    "benchmarks.plot_capped": "benchmarks.shards_capped",
    "benchmarks.plot_growth": "benchmarks.growth",
    "benchmarks.plot_mixed": "benchmarks.mixed",
    "benchmarks.plot_partitions": "benchmarks.shards",
    "benchmarks.plot_shards": "benchmarks.shards",
    "benchmarks.plot_stores": "benchmarks.stores",
}
"""Module that measures the results, by the module that plots them."""

LONG_ONLY = SHORT.keys() - {"benchmarks.dense_ranks", "benchmarks.shards"}
"""Commands whose short form only `make test-long` runs. Each starts servers, which takes 2 s of CPU and more."""
FLAMES = "benchmarks.flames"
CAPPED = "benchmarks.shards_capped"
RANGES = "benchmarks.score_ranges"
UNCAPPED = SHORT.keys() - {CAPPED, RANGES}
SHARDS = "benchmarks.shards"

NOT_HERE = {
    "benchmarks.widget",  # needs Chromium, and the page
    "tests.browser.budget",  # checks response times, which needs an idle machine
    "benchmarks.compare",  # needs a checkout of another version
    "benchmarks.peers",  # needs another server
    "benchmarks.rolling",  # needs a checkout of another version: tests/acceptance/test_rolling_upgrade.py
    "benchmarks.coldstart",  # needs the Python version of the functions, and runs in tests/cloud
    "benchmarks.stores",  # needs a Citus cluster
    "benchmarks.capacity",  # measures nothing; tests/unit/test_capacity.py tests it
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of this run's reports, each with the name of its command."""
    return tmp_path_factory.mktemp("results")


def test_every_command_of_the_pages_is_run() -> None:
    named = {module for page in PAGES.glob("*.md") for module in COMMAND.findall(page.read_text())}
    assert named == SHORT.keys() | PLOTS.keys() | {FLAMES} | NOT_HERE


@pytest.mark.parametrize(
    "module",
    [pytest.param(name, marks=[pytest.mark.long] * (name in LONG_ONLY)) for name in sorted(UNCAPPED)],
)
def test_a_command_reports(module: str, results: Path) -> None:
    figures = list(numbers(reported(module, results)))
    assert len(figures) > 5
    assert all(figure >= 0 for figure in figures)


@pytest.fixture
def control_groups() -> None:
    """Skip the test where it may not make control groups."""
    if not may_cap():
        pytest.skip("making control groups takes root here")


@pytest.mark.long
@pytest.mark.usefixtures("control_groups")
def test_capped_nodes_report(results: Path) -> None:
    report = reported(CAPPED, results)
    alone = {(row["nodes"], row["operation"]) for row in report["rows"] if not row["replicas"]}
    assert len(alone) == 2 * 6
    assert [row["operation"] for row in report["rows"] if row["replicas"]] == ["rank, one by one"]
    plotted("benchmarks.plot_capped", path_of(CAPPED, results))


@pytest.mark.long
@pytest.mark.usefixtures("control_groups")
def test_exact_ranges_count_each_player_once(results: Path) -> None:
    report = reported(RANGES, results)
    assert len(report["summary"]) == 2 * 2 * 4
    exact = [check for check in report["checks"] if check["variant"] != "ranges, inexact"]
    assert [(check["wrong"], check["wrong_totals"]) for check in exact] == [(0, 0)] * 2 * 3


@pytest.mark.parametrize(
    "plot",
    [
        pytest.param(plot, marks=() if plot == "benchmarks.plot_shards" else pytest.mark.long)
        for plot in sorted(name for name, of in PLOTS.items() if of in UNCAPPED)
    ],
)
def test_a_plot_shows_a_report(plot: str, results: Path) -> None:
    reported(PLOTS[plot], results)
    plotted(plot, path_of(PLOTS[plot], results))


def test_the_stores_are_plotted(tmp_path: Path) -> None:
    report = tmp_path / "stores.json"
    shutil.copy(PAGES / "results" / "stores.json", report)
    plotted("benchmarks.plot_stores", report)


def test_rows_are_written_as_csv_too(results: Path) -> None:
    report = reported(SHARDS, results)
    with path_of(SHARDS, results).with_suffix(".csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["operation"] for row in rows] == [row["operation"] for row in report["rows"]]


def test_a_submission_concerns_one_node_only(results: Path) -> None:
    rows = reported(SHARDS, results)["rows"]
    scripts = {row["nodes"]: row["scripts_a_node"] for row in rows if row["operation"] == "submit, rank=none"}
    assert scripts == {1: pytest.approx(1.0, abs=0.05), 2: pytest.approx(0.5, abs=0.05)}


@pytest.mark.long
def test_the_flame_graphs_show_who_was_at_work(tmp_path: Path) -> None:
    if not may_look_into_processes():
        pytest.skip("looking into another process takes root here")
    run(FLAMES, "--players", 300, "--seconds", 2, "--connections", 4, "--out", tmp_path)
    for kind in ("submit", "top", "rank"):
        text = (tmp_path / f"{kind}.svg").read_text()
        assert "functions/edge" in text
        assert "py-spy record" not in text


@pytest.mark.long
def test_all_of_locusts_users_do_all_that_they_can(tmp_path: Path) -> None:
    dev = Dev(tmp_path, "--no-demo", "--nodes", "1").ready()
    try:
        stats = smoke(dev.description["api"], dev.description["submit_key"], tmp_path)
    finally:
        dev.stop()
    assert len(stats) == 11
    assert not any(line["num_failures"] for line in stats)


def smoke(url: str, key: str, directory: Path) -> list[dict[str, Any]]:
    """Run Locust until it has sent every kind of request. Return its statistics. Fails on a nonzero exit code."""
    files = ",".join(str(ROOT / "tests" / "load" / name) for name in ("locustfile.py", "shapes/smoke.py"))
    command = [sys.executable, "-m", "locust", "-f", files, "--headless", "--host", url, "--pause", "0.1", "--json"]
    environment = {**os.environ, "LEADERFORGE_SUBMIT_KEY": key}
    done = subprocess.run(
        command, env=environment, cwd=directory, check=False, capture_output=True, text=True, timeout=SECONDS
    )
    assert done.returncode == 0, done.stderr
    stats: list[dict[str, Any]] = json.loads(done.stdout)
    return stats


def run(module: str, *arguments: object) -> None:
    """Run a command. Fails on an error."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr


def path_of(module: str, results: Path) -> Path:
    """Return the path of a command's report."""
    return results / f"{module}.json"


def reported(module: str, results: Path) -> Report:
    """Return the report of a command's short form, which runs only once. The report must contain the command line."""
    path = path_of(module, results)
    if not path.exists():
        run(module, *SHORT[module].split(), "--out", path)
    report: Report = json.loads(path.read_text())
    assert report["command"].startswith(f"python -m {module} ")
    assert report["machine"]["cores"] == os.cpu_count()
    return report


def plotted(plot: str, report: Path) -> None:
    """Plot a report, and check that the plot is not empty."""
    svg = report.with_suffix(".svg")
    run(plot, report, svg)
    assert svg.read_text().count("<path") > 10


def numbers(report: object) -> Iterator[float]:
    """Yield all figures of a report except those about the machine."""
    if isinstance(report, Mapping):
        for name, value in report.items():
            if name != "machine":
                yield from numbers(value)
    elif isinstance(report, list):
        for value in report:
            yield from numbers(value)
    elif isinstance(report, int | float):
        yield report


def may_cap() -> bool:
    """Return whether this machine can limit processor time."""
    with subprocess.Popen(["sleep", "60"]) as process:
        try:
            with capped([process.pid], 0.5):
                return True
        except CannotCap:
            return False
        finally:
            process.kill()


def may_look_into_processes() -> bool:
    """Return whether a process may inspect a process that is not its child."""
    scope = Path("/proc/sys/kernel/yama/ptrace_scope")
    return os.geteuid() == 0 or not scope.exists() or scope.read_text().strip() == "0"
