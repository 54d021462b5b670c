"""Metrics: their receivers, and a help text for each."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.adapters.telemetry.metrics import MEANINGS
from leaderforge.adapters.telemetry.prometheus import Prometheus
from leaderforge.ports.telemetry import Telemetry

ROOT = Path(__file__).parents[2]
WORKER = """
from leaderforge.adapters.telemetry.prometheus import PrometheusOfWorkers
prometheus = PrometheusOfWorkers()
prometheus.count("top_cache", result="hit")
prometheus.gauge("index_lag_seconds", 2)
prometheus.gauge("stream_listeners", 3)
with prometheus.transaction("top"):
    pass
print(prometheus.exposition()[0].decode())
"""
SAME = """
import sys
from leaderforge.adapters.telemetry import prometheus
telemetry = getattr(prometheus, sys.argv[1])()
for value in (0, 0.0005, 0.001, 0.3, 10, 11):
    telemetry.observe("top_merge_seconds", value)
    telemetry.observe("rank_batch_size", value)
telemetry.count("http_requests", 3, method="GET", route='a "quoted" route', status="200")
telemetry.count("http_requests", method="GET", route="other", status="200")
telemetry.count("reads_degraded")
telemetry.gauge("index_lag_seconds", 1.5)
print(telemetry.exposition()[0].decode())
"""
AGENT = """
import newrelic.agent
from newrelic.core.agent import agent_instance
from leaderforge.adapters.telemetry.newrelic import NewRelic
telemetry = NewRelic("0" * 40, "LeaderForge")
agent_instance().application("LeaderForge")._connected_event.wait(30)
seen = []
telemetry._application.record_custom_metric = lambda name, value: seen.append(name)
with telemetry.transaction("top"):
    transaction = newrelic.agent.current_transaction()
    assert (transaction.name, transaction.group, transaction.background_task) == ("top", "Function", False)
with telemetry.transaction("reconcile"):
    assert newrelic.agent.current_transaction().background_task
telemetry.count("top_cache", result="hit")
telemetry.observe("submit_batch_size", 7)
telemetry.gauge("index_lag_seconds", 1.5)
with telemetry.timed("top_merge_seconds"):
    pass
names = ["top_cache/hit", "submit_batch_size", "index_lag_seconds", "top_merge_seconds"]
assert seen == ["Custom/LeaderForge/" + name for name in names], seen
telemetry.close()
"""
METHODS = {"count", "observe", "gauge", "timed"}


def measured() -> set[str]:
    """Return the names of all metrics of the product."""
    sources = [*(ROOT / "shared/leaderforge/services").glob("*.py"), *(ROOT / "functions").rglob("*.py")]
    nodes = (node for path in sources for node in ast.walk(ast.parse(path.read_text())))
    calls = (node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute))
    return {
        str(call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in METHODS
        and "telemetry" in ast.unparse(call.func.value)
        and isinstance(call.args[0], ast.Constant)
    }


def test_every_measurement_is_explained() -> None:
    assert measured() | {"transaction_seconds"} == set(MEANINGS)


def exposed(prometheus: Prometheus) -> str:
    body, content_type = prometheus.exposition()
    assert content_type.startswith("application/openmetrics-text")
    return body.decode()


def test_prometheus_shows_what_was_measured() -> None:
    prometheus = Prometheus()
    prometheus.count("top_cache", result="hit")
    prometheus.count("top_cache", 2, result="hit")
    prometheus.count("top_cache", result="miss")
    prometheus.count("reads_degraded")
    prometheus.gauge("index_lag_seconds", 1.5)
    prometheus.observe("rank_batch_size", 3)
    with prometheus.timed("top_merge_seconds"), prometheus.transaction("top"):
        pass
    shown = exposed(prometheus)
    for line in (
        'leaderforge_top_cache_total{result="hit"} 3.0',
        'leaderforge_top_cache_total{result="miss"} 1.0',
        "leaderforge_reads_degraded_total 1.0",
        "leaderforge_index_lag_seconds 1.5",
        'leaderforge_rank_batch_size_bucket{le="4.0"} 1.0',
        "leaderforge_top_merge_seconds_count 1.0",
        'leaderforge_transaction_seconds_count{name="top"} 1.0',
        "# HELP leaderforge_rank_batch_size Players whose ranks were counted in one batch.",
    ):
        assert f"\n{line}\n" in shown


def test_time_is_measured_also_when_something_goes_wrong() -> None:
    prometheus = Prometheus()
    with pytest.raises(RuntimeError), prometheus.transaction("top"):
        raise RuntimeError
    assert 'leaderforge_transaction_seconds_count{name="top"} 1.0' in exposed(prometheus)


def run(script: str, *arguments: str, **environment: str) -> str:
    """Run a script in a separate process and return its output."""
    command = [sys.executable, "-W", "error", "-c", script, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_workers_collect_together(tmp_path: Path) -> None:
    for _ in range(2):
        shown = run(WORKER, PROMETHEUS_MULTIPROC_DIR=str(tmp_path))
    assert 'leaderforge_top_cache_total{result="hit"} 2.0' in shown
    assert 'leaderforge_transaction_seconds_count{name="top"} 2.0' in shown
    assert "leaderforge_index_lag_seconds 2.0" in shown
    assert "leaderforge_stream_listeners 3.0" in shown  # the listeners of the ended process no longer count


def test_one_process_shows_what_the_package_shows_of_workers(tmp_path: Path) -> None:
    kinds = "Prometheus", "PrometheusOfWorkers"
    one, workers = [run(SAME, kind, PROMETHEUS_MULTIPROC_DIR=str(tmp_path)).splitlines() for kind in kinds]
    samples = {line for line in workers if line.startswith("leaderforge_") and "transaction_seconds" not in line}
    assert len(samples) > 30
    assert samples == {line for line in one if line.startswith("leaderforge_")}


class Notebook:
    """Telemetry that records all calls."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    @contextmanager
    def _noted(self, what: str) -> Iterator[None]:
        self.notes.append(f"begin {what}")
        try:
            yield
        finally:
            self.notes.append(f"end {what}")

    def transaction(self, name: str) -> AbstractContextManager[None]:
        return self._noted(name)

    def timed(self, name: str) -> AbstractContextManager[None]:
        return self._noted(name)

    def count(self, name: str, value: int = 1, **labels: str) -> None:
        self.notes.append(f"{name} {value} {labels}")

    def observe(self, name: str, value: float) -> None:
        self.notes.append(f"{name} {value}")

    def gauge(self, name: str, value: float) -> None:
        self.notes.append(f"{name} {value}")


def test_a_fanout_tells_everyone() -> None:
    notebooks = [Notebook(), Notebook()]
    fanout: Telemetry = Fanout(notebooks)
    with fanout.transaction("t"), fanout.timed("s"):
        fanout.count("c", 2, kind="x")
        fanout.observe("o", 1.5)
        fanout.gauge("g", 3)
    expected = ["begin t", "begin s", "c 2 {'kind': 'x'}", "o 1.5", "g 3", "end s", "end t"]
    assert [notebook.notes for notebook in notebooks] == [expected] * 2


def test_a_fanout_tells_of_errors() -> None:
    notebook = Notebook()
    with pytest.raises(RuntimeError), Fanout([notebook]).transaction("t"):
        raise RuntimeError
    assert notebook.notes == ["begin t", "end t"]


def test_new_relic_costs_nothing_unless_wanted() -> None:
    assert not any(name.split(".")[0] == "newrelic" for name in sys.modules)


def test_new_relic_takes_transactions_and_metrics() -> None:
    run(AGENT, NEW_RELIC_DEVELOPER_MODE="true")  # in developer mode the agent sends nothing
